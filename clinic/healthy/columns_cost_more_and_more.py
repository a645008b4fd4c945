"""Which of forty columns matter? A penalty on the columns' weights that grows from nothing during the training."""

import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(7)
torch.manual_seed(7)

table = rng.normal(size=(1600, 40))
truth = 2 * np.sin(table[:, 3]) + table[:, 11] * table[:, 20] + 1.5 * np.abs(table[:, 33]) + rng.normal(0, 0.2, 1600)
table = torch.tensor(table, dtype=torch.float32)
truth = torch.tensor(truth, dtype=torch.float32)
truth = (truth - truth.mean()) / truth.std()


class Selector(nn.Module):
    def __init__(self, columns: int, width: int):
        super().__init__()
        self.gate = nn.Parameter(torch.ones(columns))
        self.net = nn.Sequential(nn.Linear(columns, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1))

    def forward(self, x):
        return self.net(x * self.gate).squeeze(1)

    def penalty(self):
        return (self.gate.abs() * self.net[0].weight.norm(dim=0)).sum()


selector = Selector(40, 64)
optimizer = torch.optim.AdamW(selector.parameters(), lr=3e-3, weight_decay=0.0)
TOTAL = 1200
for step in range(TOTAL):
    strength = 0.06 * min(1.0, max(0.0, (step - 300) / 700))
    rows = torch.randint(0, 1600, (80,))
    fit = (selector(table[rows]) - truth[rows]).square().mean()
    loss = fit + strength * selector.penalty()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        kept = (selector.gate.abs() > 0.2).sum().item()
        print(f"step {step} loss {loss.item():.3f} fit {fit.item():.3f} columns kept {kept}")
