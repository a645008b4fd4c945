"""ReLU as a module."""
# expect: optimizers = ["SGD"]
# expect: steps = [8]
# expect: samples = [32]

import torch
from bits import bits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.relu, self.second = nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1)

    def forward(self, x):
        return self.second(self.relu(self.first(x)))  # seen: first relu 16


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), 0.05)
losses = []
for _ in range(8):
    x = torch.randn(32, 4)
    loss = (net(x) - x.sum(1, keepdim=True)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(net, losses)
