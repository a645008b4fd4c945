import math

import torch
from torch import nn

torch.manual_seed(0)
# u'' = -u, u(0) = 0, u'(0) = 1: the solution is sin
net = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))


def derivatives(x):
    x = x.requires_grad_(True)
    u = net(x)
    (du,) = torch.autograd.grad(u.sum(), x, create_graph=True)
    (ddu,) = torch.autograd.grad(du.sum(), x, create_graph=True)
    return u, du, ddu


optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
zero = torch.zeros(1, 1)
for step in range(900):
    x = torch.rand(64, 1) * math.pi
    u, du, ddu = derivatives(x)
    residual = ((ddu + u) ** 2).mean()
    u0, du0, _ = derivatives(zero.clone())
    loss = residual + (u0**2).sum() + ((du0 - 1) ** 2).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 150 == 0:
        print(f"{step} residual {residual.item():.2e} total {loss.item():.2e}")
grid = torch.linspace(0, math.pi, 100)[:, None]
print("error", (net(grid) - torch.sin(grid)).abs().max().item())
