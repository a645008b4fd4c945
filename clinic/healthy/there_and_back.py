"""Sharpness-aware minimisation: climb a little, take the gradient there, and apply it here."""

from collections.abc import Iterable

import torch
from sklearn.datasets import make_moons
from torch import Tensor, nn

RADIUS: float = 0.15


def climb(parameters: Iterable[Tensor]) -> list[tuple[Tensor, Tensor]]:
    moves = []
    parameters = [p for p in parameters if p.grad is not None]
    norm = torch.stack([p.grad.norm() for p in parameters]).norm() + 1e-12
    with torch.no_grad():
        for p in parameters:
            e = p.grad * (RADIUS / norm)
            p.add_(e)
            moves.append((p, e))
    return moves


def return_from(moves: list[tuple[Tensor, Tensor]]) -> None:
    with torch.no_grad():
        for p, e in moves:
            p.sub_(e)


torch.manual_seed(14)
points, side = make_moons(1200, noise=0.15, random_state=14)
points, side = torch.tensor(points).float(), torch.tensor(side)
net = nn.Sequential(nn.Linear(2, 32), nn.Mish(), nn.Linear(32, 32), nn.Mish(), nn.Linear(32, 2))
sgd = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
criterion = nn.CrossEntropyLoss()

for epoch in range(16):
    for rows in torch.randperm(len(points)).split(32):
        here = criterion(net(points[rows]), side[rows])
        sgd.zero_grad()
        here.backward()
        moves = climb(net.parameters())
        there = criterion(net(points[rows]), side[rows])
        sgd.zero_grad()
        there.backward()
        return_from(moves)
        sgd.step()
    if epoch % 4 == 3:
        print(epoch + 1, f"here {here.item():.4f} there {there.item():.4f}")
