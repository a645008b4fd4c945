"""Every warning is an error, and the filters are the script's own: the watcher neither raises nor changes them."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: samples = [32]
# expect: parameters = ["0.weight", "2.weight"]

import warnings

import torch
from bits import bits
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(net.parameters(), 0.05)
losses = []
warnings.resetwarnings()
warnings.simplefilter("error")
for _ in range(6):
    optimizer.zero_grad()
    loss = net(torch.randn(32, 4)).square().mean()  # seen: 0 relu 8
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    print(warnings.filters)
try:
    warnings.warn("a warning of the script's own", stacklevel=1)
except UserWarning as warning:
    print("raised:", warning)
bits(net, losses)
