import math
from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Config:
    clouds: int = 640
    points: int = 32
    micro_batch: int = 8
    accumulate: int = 16
    lr: float = 0.08
    momentum: float = 0.9
    epochs: int = 20


cfg = Config()
torch.manual_seed(0)


def cloud(kind: int) -> torch.Tensor:
    g = torch.randn(cfg.points, 3)
    if kind == 0:  # sphere
        pts = g / g.norm(dim=1, keepdim=True)
    elif kind == 1:  # cube
        pts = torch.rand(cfg.points, 3) * 2 - 1
        pts[torch.arange(cfg.points), torch.randint(0, 3, (cfg.points,))] = g[:, 0].sign()
    else:  # ring
        a = torch.rand(cfg.points) * 2 * math.pi
        pts = torch.stack([a.cos(), a.sin(), 0.3 * g[:, 2]], 1)
    return pts + 0.03 * torch.randn(cfg.points, 3)


kinds = torch.arange(cfg.clouds) % 3
clouds = torch.stack([cloud(int(k)) for k in kinds])


class PointSet(nn.Module):
    def __init__(self):
        super().__init__()
        self.lift = nn.Linear(3, 48)
        self.widen = nn.Linear(48, 96)
        self.squeeze = nn.Linear(96, 48)
        self.classify = nn.Linear(48, 3)

    def forward(self, p):
        p = torch.relu(self.widen(torch.relu(self.lift(p))))
        p = p.amax(1)
        return self.classify(torch.relu(self.squeeze(p)))


net = PointSet()
sgd = torch.optim.SGD(net.parameters(), lr=cfg.lr, momentum=cfg.momentum)
criterion = nn.CrossEntropyLoss()
seen = 0
for epoch in range(cfg.epochs):
    for idx in torch.randperm(cfg.clouds).split(cfg.micro_batch):
        loss = criterion(net(clouds[idx]), kinds[idx])
        loss.backward()
        seen += 1
        if seen % cfg.accumulate == 0:
            sgd.step()
            sgd.zero_grad()
    print(f"epoch {epoch} loss {loss.item():.4f}")
