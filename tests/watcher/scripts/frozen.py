"""A frozen body under a new head: what cannot learn is not training; what follows it is."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: samples = [32]

import torch
from bits import bits
from torch import nn

torch.manual_seed(0)
body = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU()).requires_grad_(False)
head = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 1))
model = nn.Sequential(body, head)
optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.05)
losses = []
for _ in range(6):
    optimizer.zero_grad()
    loss = model(torch.randn(32, 4)).square().mean()  # seen: 1.0 relu 6
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(model, losses)
