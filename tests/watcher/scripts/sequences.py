"""Embedded sequences with weights tied between the first layer and the last: a sample is a sequence."""
# expect: optimizers = ["Adam"]
# expect: steps = [6]
# expect: samples = [16]

import torch
import torch.nn.functional as F
from bits import bits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.mix = nn.Embedding(20, 8), nn.Linear(8, 8)
        self.encode, self.decode, self.out = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 20)
        self.decode.weight = self.encode.weight
        self.out.weight = self.embed.weight

    def forward(self, x):
        x = F.relu(self.embed(x))  # seen: embed relu 8
        x = F.relu(self.mix(x))  # seen: mix relu 8
        x = F.relu(self.encode(x))  # seen: encode relu 8
        x = F.relu(self.decode(x))  # seen: decode relu 8
        return self.out(x)


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), 1e-3)
losses = []
for _ in range(6):
    x = torch.randint(20, (16, 7))
    optimizer.zero_grad()
    loss = F.cross_entropy(net(x[:, :-1]).flatten(0, 1), x[:, 1:].flatten())
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(net, losses)
