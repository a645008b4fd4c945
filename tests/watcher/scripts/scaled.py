"""A GradScaler that starts far too high: the first step is skipped, which is neither a step nor an explosion."""
# expect: optimizers = ["SGD"]
# expect: steps = [9]
# expect: skipped = 1
# expect: losses = true

import torch
from bits import bits
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.01)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127, backoff_factor=0.25)
losses = []
for _ in range(10):
    x = torch.randn(32, 4)
    optimizer.zero_grad()
    loss = (model(x) - x.sum(1, keepdim=True)).square().mean()  # seen: 0 relu 8
    scale = scaler.get_scale()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    if scaler.get_scale() >= scale:
        losses.append(loss.item())
print("losses", *losses)
bits(model, losses)
