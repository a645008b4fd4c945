import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(40)
torch.manual_seed(40)


def make(n):
    t = rng.uniform(-3, 3, (n, 3))
    clean = np.sin(t[:, 0]) + 0.5 * t[:, 1] * np.cos(t[:, 2])
    noisy = clean + rng.normal(0, 0.05, n)
    broken = rng.random(n) < 0.15
    noisy[broken] += rng.normal(0, 30, broken.sum())
    return [torch.tensor(a, dtype=torch.float32) for a in (t, noisy, clean)]


def cauchy(residual, c=0.3):
    return torch.log1p((residual / c) ** 2).mean()


t, reading, clean = make(3000)
net = nn.Sequential(nn.Linear(3, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 1), nn.Flatten(0))
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=10, gamma=0.3)

for epoch in range(25):
    squares, robust = [], []
    for rows in torch.randperm(3000).split(75):
        r = net(t[rows]) - reading[rows]
        loss = cauchy(r)
        opt.zero_grad()
        loss.backward()
        opt.step()
        robust.append(loss.item())
        squares.append(r.detach().square().mean().item())
    sched.step()
    print(f"epoch {epoch} cauchy {np.mean(robust):.3f} mean square {np.mean(squares):.1f}")
