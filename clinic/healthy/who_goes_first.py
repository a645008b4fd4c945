"""Survival times with censoring: Cox's partial likelihood, over a network."""

import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(70)
torch.manual_seed(70)
n = 2000
z = rng.normal(size=(n, 7))
risk = 1.2 * z[:, 0] + np.abs(z[:, 1]) * 1.3 - 0.8 * z[:, 2] * (z[:, 3] > 0)
died = rng.exponential(np.exp(-risk))
left = rng.exponential(3.0, n)
time = torch.tensor(np.minimum(died, left), dtype=torch.float32)
event = torch.tensor(died <= left)
z = torch.tensor(z, dtype=torch.float32)

hazard = nn.Sequential(nn.Linear(7, 32), nn.CELU(), nn.Dropout(0.1), nn.Linear(32, 32), nn.CELU(), nn.Linear(32, 1, bias=False))


def partial_likelihood(log_hazard, time, event):
    order = time.argsort(descending=True)
    log_hazard, event = log_hazard.squeeze(1)[order], event[order]
    return -(log_hazard - torch.logcumsumexp(log_hazard, 0))[event].mean()


def concordance(log_hazard, time, event):
    h = log_hazard.squeeze(1)
    earlier = (time[:, None] < time[None, :]) & event[:, None]
    return ((h[:, None] > h[None, :]) & earlier).sum().item() / earlier.sum().item()


optimizer = torch.optim.Adam(hazard.parameters(), lr=2e-3, weight_decay=1e-3)
for epoch in range(40):
    hazard.train()
    for rows in torch.randperm(n).split(200):
        loss = partial_likelihood(hazard(z[rows]), time[rows], event[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 8 == 7:
        hazard.eval()
        with torch.no_grad():
            print(f"epoch {epoch + 1} loss {loss.item():.3f} concordance {concordance(hazard(z), time, event):.3f}")
