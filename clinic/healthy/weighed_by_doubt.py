"""Three targets of different sizes from one trunk; the weights of the losses are learned (Kendall, Gal & Cipolla)."""
from __future__ import annotations

import torch
from torch import Tensor, nn

torch.manual_seed(20)
inputs = torch.rand(2000, 4) * 2 - 1
NOISE = {"angle": 0.02, "area": 0.05, "height": 0.3}
targets = {
    "angle": 0.3 * torch.sin(2 * inputs[:, 0]) * inputs[:, 1],
    "area": inputs[:, 2] * inputs[:, 3],
    "height": 2 * inputs[:, 0] ** 2 + inputs[:, 3],
}
targets = {k: v + NOISE[k] * torch.randn(len(v)) for k, v in targets.items()}


class ThreeHeads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(4, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU())
        self.heads = nn.ModuleDict({k: nn.Linear(64, 1) for k in targets})
        self.log_var = nn.ParameterDict({k: nn.Parameter(torch.zeros(())) for k in targets})

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        h = self.trunk(x)
        return {k: head(h).squeeze(-1) for k, head in self.heads.items()}

    def loss(self, x: Tensor, rows: Tensor) -> Tensor:
        out = self(x)
        return sum(
            0.5 * torch.exp(-s) * (out[k] - targets[k][rows]).square().mean() + 0.5 * s for k, s in self.log_var.items()
        )


def worst_r2(net: ThreeHeads) -> float:
    out = net(inputs)
    return min(float(1 - (out[k] - t).square().mean() / t.var()) for k, t in targets.items())


net = ThreeHeads()
everything = torch.arange(len(inputs))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 1200)
for step in range(1200):
    rows = torch.randint(0, len(inputs), (64,))
    loss = net.loss(inputs[rows], rows)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    if step % 150 == 0:
        print(step, f"{loss.item():+.3f}", {k: round(s.item(), 2) for k, s in net.log_var.items()})
