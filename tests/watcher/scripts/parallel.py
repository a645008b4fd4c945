"""nn.DataParallel on the CPU and hooks of the user's own."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: samples = [32]

import torch
from bits import bits
from torch import nn

torch.manual_seed(0)
inner = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
sizes = []
inner[1].register_forward_hook(lambda module, args, output: sizes.append(output.mean().item()))
inner[0].weight.register_hook(lambda g: sizes.append(g.norm().item()))
model = nn.DataParallel(inner)
optimizer = torch.optim.SGD(model.parameters(), 0.05)
losses = []
for _ in range(6):
    optimizer.zero_grad()
    loss = model(torch.randn(32, 4)).square().mean()  # seen: module.0 relu 8
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(model, losses, sizes)
