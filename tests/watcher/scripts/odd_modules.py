"""Modules that must not be asked whether they are true, how long they are, or what they are equal to."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: samples = [32]
# expect: parameters = ["body.weight"]

import torch
from bits import bits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 1)

    def forward(self, x):
        return self.head(torch.relu(self.body(x)))  # seen: body relu 8

    def _asked(self, *other):
        raise TypeError("this is asked of me by nobody")

    __bool__ = __len__ = __eq__ = __iter__ = __contains__ = _asked
    __hash__ = nn.Module.__hash__


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), 0.05)
losses = []
for _ in range(6):
    optimizer.zero_grad()
    loss = net(torch.randn(32, 4)).square().mean()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(net, losses)
