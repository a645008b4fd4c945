"""A network that is a picture: it says how bright the point (row, column) is."""

import math

import torch
from torch import nn


class Sine(nn.Module):
    def __init__(self, inputs, outputs, omega=30.0, first=False):
        super().__init__()
        self.omega = omega
        self.linear = nn.Linear(inputs, outputs)
        bound = 1 / inputs if first else math.sqrt(6 / inputs) / omega
        nn.init.uniform_(self.linear.weight, -bound, bound)

    def forward(self, x):
        return torch.sin(self.omega * self.linear(x))


torch.manual_seed(30)
side = 40
axis = torch.linspace(-1, 1, side)
rows, columns = torch.meshgrid(axis, axis, indexing="ij")
where = torch.stack([rows, columns], -1).view(-1, 2)
radius = where.norm(dim=1)
bright = torch.cos(18 * radius) * torch.exp(-1.5 * radius) + 0.5 * (where[:, 0] * where[:, 1] > 0.2).float()
bright = bright[:, None]

siren = nn.Sequential(Sine(2, 64, first=True), Sine(64, 64), Sine(64, 64), nn.Linear(64, 1))
with torch.no_grad():
    bound = math.sqrt(6 / 64) / 30
    siren[-1].weight.uniform_(-bound, bound)

adam = torch.optim.Adam(siren.parameters(), lr=5e-4)
for it in range(350):
    loss = nn.functional.mse_loss(siren(where), bright)
    adam.zero_grad()
    loss.backward()
    adam.step()
    if it % 50 == 0:
        print(f"{it:4d}  mse {loss.item():.6f}  psnr {-10 * math.log10(loss.item()):.1f} dB")
