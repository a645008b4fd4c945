"""torch.profiler counts the same operations."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]

import os

os.environ["KINETO_LOG_LEVEL"] = "99"

import torch
from bits import bits
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.01)
losses = []


def step():
    optimizer.zero_grad()
    loss = model(torch.randn(32, 4)).square().mean()  # seen: 0 relu 8
    loss.backward()
    optimizer.step()
    losses.append(loss.item())


for _ in range(2):
    step()
with torch.profiler.profile() as profile:
    for _ in range(2):
        step()
for _ in range(2):
    step()
for event in sorted(profile.key_averages(), key=lambda e: e.key):
    print(event.key, event.count)
bits(model, losses)
