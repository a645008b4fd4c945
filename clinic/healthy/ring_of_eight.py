"""Eight blobs on a ring, made by a hinge GAN with spectral norm and two rates."""
import math

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

torch.manual_seed(30)
angle = torch.arange(8) * math.pi / 4
centres = 1.5 * torch.stack([angle.cos(), angle.sin()], 1)


def ring(n):
    return centres[torch.randint(0, 8, (n,))] + 0.15 * torch.randn(n, 2)


class Maker(nn.Module):
    def __init__(self, z=2):
        super().__init__()
        self.z = z
        self.net = nn.Sequential(nn.Linear(z, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, noise):
        return self.net(noise)


class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        layers = [spectral_norm(nn.Linear(a, b)) for a, b in ((2, 64), (64, 64), (64, 1))]
        self.net = nn.Sequential(layers[0], nn.LeakyReLU(0.1), layers[1], nn.LeakyReLU(0.1), layers[2])

    def forward(self, x):
        return self.net(6 * x)


maker, judge = Maker(), Judge()
opt_m = torch.optim.Adam(maker.parameters(), lr=1e-3, betas=(0.0, 0.9))
opt_j = torch.optim.Adam(judge.parameters(), lr=3e-3, betas=(0.0, 0.9))
fixed, sample = torch.randn(1000, 2), ring(1000)
for it in range(1000):
    fake = maker(torch.randn(96, 2))
    j_loss = torch.relu(1 - judge(ring(96))).mean() + torch.relu(1 + judge(fake.detach())).mean()
    opt_j.zero_grad()
    j_loss.backward()
    opt_j.step()
    m_loss = -judge(fake).mean()
    opt_m.zero_grad()
    m_loss.backward()
    opt_m.step()
    if it % 100 == 0:
        print(f"{it} judge {j_loss.item():.3f} maker {m_loss.item():+.3f}")
