"""Augmentation made of modules, called for every sample: no layers."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: samples = [32]

import torch
from bits import bits
from torch import nn


class Noise(nn.Module):
    def forward(self, x):
        return torch.relu(x + 0.1 * torch.randn_like(x))


class Normalise(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, x):
        return (x - self.mean).clamp(min=0)


torch.manual_seed(0)
augment = nn.Sequential(Noise(), Normalise())
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.05)
losses = []
for _ in range(6):
    batch = torch.stack([augment(torch.randn(4)) for _ in range(32)])
    optimizer.zero_grad()
    loss = model(batch).square().mean()  # seen: 0 relu 8
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(model, losses)
