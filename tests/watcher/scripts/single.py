"""Batches of one sample."""
# expect: optimizers = ["SGD"]
# expect: steps = [8]
# expect: samples = [1]

import torch
from bits import bits
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.01)
losses = []
for _ in range(8):
    optimizer.zero_grad()
    loss = model(torch.randn(1, 4)).square().mean()  # seen: 0 relu 8
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(model, losses)
