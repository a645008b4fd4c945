"""A default device, which torch keeps as a function mode."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: samples = [32]

import torch
from bits import bits
from torch import nn

torch.set_default_device("cpu")
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.05)
losses = []
for _ in range(6):
    optimizer.zero_grad()
    loss = model(torch.randn(32, 4)).square().mean()  # seen: 0 relu 8
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(model, losses)
