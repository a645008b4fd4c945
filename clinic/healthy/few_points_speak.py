"""Solids from clouds of points: a PointNet in bfloat16, four micro-batches a step, smoothed labels."""
from dataclasses import dataclass, field

import torch
from torch import nn


@dataclass
class Options:
    solids: tuple = ("ball", "box", "rod", "disc")
    clouds: int = 800
    points: int = 40
    micro: int = 16
    pile: int = 4
    lr: float = 4e-3
    epochs: int = 12
    widths: list = field(default_factory=lambda: [32, 128])


o = Options()
torch.manual_seed(29)


def solid(kind):
    p = torch.rand(o.points, 3) * 2 - 1
    g = torch.randn(o.points, 3)
    if kind == 0:
        p = g / g.norm(dim=1, keepdim=True) * torch.rand(o.points, 1) ** (1 / 3)
    elif kind == 2:
        p[:, :2] *= 0.35
    elif kind == 3:
        p[:, :2] = p[:, :2] / p[:, :2].norm(dim=1, keepdim=True).clamp(min=1)
        p[:, 2] *= 0.35
    return p * (0.9 + 0.2 * torch.rand(1, 3))


label = torch.randint(0, len(o.solids), (o.clouds,))
points = torch.stack([solid(int(k)) for k in label])


class PointNet(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.each = nn.Sequential(nn.Linear(3, widths[0]), nn.ReLU(), nn.Linear(widths[0], widths[1]), nn.ReLU())
        nn.init.constant_(self.each[2].bias, -0.3)
        self.whole = nn.Sequential(nn.Linear(widths[1], 32), nn.ReLU(), nn.Linear(32, len(o.solids)))

    def forward(self, cloud):
        return self.whole(self.each(cloud).amax(1))


pointnet = PointNet(o.widths)
criterion = nn.CrossEntropyLoss(label_smoothing=0.2)
optimizer = torch.optim.AdamW(pointnet.parameters(), lr=o.lr, weight_decay=0.05)
count = 0
for epoch in range(o.epochs):
    for idx in torch.randperm(o.clouds).split(o.micro):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = criterion(pointnet(points[idx]), label[idx])
        (loss / o.pile).backward()
        count += 1
        if count % o.pile == 0:
            optimizer.step()
            optimizer.zero_grad()
    print(f"epoch {epoch:2d} loss {loss.item():.4f}")
