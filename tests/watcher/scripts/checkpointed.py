"""Checkpointed segments, in both of torch's ways: computed twice, counted once."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: samples = [16]

import torch
from bits import bits
from torch import nn
from torch.utils.checkpoint import checkpoint


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
        self.second = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
        self.third = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.1), nn.ReLU())
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        x = self.first(x)  # seen: first.0 relu 8
        x = checkpoint(self.second, x, use_reentrant=False)  # seen: second.0 relu 8
        x = checkpoint(self.third, x, use_reentrant=True)  # seen: third.0 relu 8
        return self.head(x)


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), 0.05)
losses = []
for _ in range(6):
    optimizer.zero_grad()
    loss = net(torch.randn(16, 4)).square().mean()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(net, losses)
