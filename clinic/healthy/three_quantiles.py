import numpy as np
import torch

torch.manual_seed(19)
rs = np.random.RandomState(19)
n = 4000
u = rs.uniform(-2, 2, n)
width = 0.3 + 0.6 * (u > 0) * u
v = np.sin(2 * u) + width * rs.standard_t(4, n)
u_t = torch.tensor(u[:, None], dtype=torch.float32)
v_t = torch.tensor(v[:, None], dtype=torch.float32)
taus = torch.tensor([[0.1, 0.5, 0.9]])

trunk = torch.nn.Sequential(torch.nn.Linear(1, 50), torch.nn.Softplus(), torch.nn.Linear(50, 50), torch.nn.Softplus())
heads = torch.nn.Linear(50, 3)


def quantiles(x):
    q = heads(trunk(x))
    low = q[:, 1:2] - torch.nn.functional.softplus(q[:, :1])
    high = q[:, 1:2] + torch.nn.functional.softplus(q[:, 2:])
    return torch.cat([low, q[:, 1:2], high], 1)


def pinball(q, target):
    d = target - q
    return torch.maximum(taus * d, (taus - 1) * d).mean()


def coverage_gap():
    """Largest distance of a quantile's share from what it should be, left and right of zero."""
    below = (v_t <= quantiles(u_t)).float()
    sides = [below[u_t[:, 0] < 0].mean(0), below[u_t[:, 0] >= 0].mean(0)]
    return max((s - taus[0]).abs().max().item() for s in sides)


opt = torch.optim.Adam([*trunk.parameters(), *heads.parameters()], lr=5e-3)
decay = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1200, eta_min=5e-5)
for it in range(1200):
    pick = torch.from_numpy(rs.randint(0, n, 128))
    opt.zero_grad()
    loss = pinball(quantiles(u_t[pick]), v_t[pick])
    loss.backward()
    opt.step()
    decay.step()
    if (it + 1) % 200 == 0:
        with torch.no_grad():
            print(it + 1, "pinball", round(loss.item(), 4), "coverage gap", round(coverage_gap(), 3))
