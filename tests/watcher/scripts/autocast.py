"""bfloat16 autocast."""
# expect: optimizers = ["AdamW"]
# expect: steps = [8]
# expect: samples = [32]

import torch
from bits import bits
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.LayerNorm(16), nn.Linear(16, 3))
optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
losses = []
for _ in range(8):
    x, y = torch.randn(32, 8), torch.randint(3, (32,))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = nn.functional.cross_entropy(model(x), y)  # seen: 0 relu 16
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(model, losses)
