# principal directions by gradient ascent, without ever forming a covariance matrix
import numpy as np
import torch
from sklearn.datasets import load_digits

torch.manual_seed(80)
raw = load_digits().data
raw = raw - raw.mean(axis=0)
rows = torch.from_numpy(raw).float()
K = 6

best = np.linalg.svd(raw, compute_uv=False)[:K]
reachable = float((best**2).sum() / len(raw))

basis = torch.randn(64, K, requires_grad=True)
with torch.no_grad():
    basis.copy_(torch.linalg.qr(basis).Q)


def captured(x):
    directions, _ = torch.linalg.qr(basis)
    return (x @ directions).square().sum(dim=1).mean()


ascent = torch.optim.SGD([basis], lr=4e-4, momentum=0.9)
for step in range(500):
    picked = rows[torch.randint(0, len(rows), (64,))]
    loss = -captured(picked)
    ascent.zero_grad()
    loss.backward()
    ascent.step()
    if step % 50 == 0:
        print(f"{step:4d}: loss {loss.item():9.2f}, share of what is possible {captured(rows).item() / reachable:.4f}")
