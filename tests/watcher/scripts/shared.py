"""One ReLU module behind two layers, and one block called several times per step."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: samples = [16, 48]

import torch
from bits import bits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.block, self.head = nn.Linear(4, 8), nn.Linear(8, 8), nn.Linear(8, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.a(x))  # seen: a relu 8
        for _ in range(3):
            x = self.relu(self.block(x))  # seen: block relu 8
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
