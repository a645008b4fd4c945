"""Independent models without a common root, functional layers, and a model wrapped in another."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: samples = [32]

import torch
import torch.nn.functional as F
from bits import bits
from torch import nn

torch.manual_seed(0)
first, second = nn.Linear(4, 6), nn.Linear(6, 5)
tower = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 1))
wrapped = nn.utils.parametrizations.weight_norm(nn.Linear(6, 6))
optimizer = torch.optim.SGD([p for m in (first, second, tower, wrapped) for p in m.parameters()], 0.05)
losses = []
for _ in range(6):
    x = F.relu(first(torch.randn(32, 4)))  # seen: first relu 6
    x = F.relu(wrapped(x))  # seen: wrapped relu 6
    x = F.relu(second(x))  # seen: second relu 5
    loss = tower(x).square().mean()  # seen: 0 relu 7
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(first, second, tower, wrapped, losses)
