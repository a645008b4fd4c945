"""Four backward calls for one step: one step with all their samples, and the sum of their losses."""
# expect: optimizers = ["SGD"]
# expect: steps = [5]
# expect: samples = [40]
# expect: losses = true

import torch
from bits import bits
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.05)
losses = []
for _ in range(5):
    total = 0.0
    for _ in range(4):
        loss = model(torch.randn(10, 4)).square().mean() / 4  # seen: 0 relu 8
        loss.backward()
        total += loss.item()
    optimizer.step()
    optimizer.zero_grad()
    losses.append(total)
print("losses", *losses)
bits(model, losses)
