"""Layers written with einsum and matmul."""
# expect: optimizers = ["Adam"]
# expect: steps = [6]
# expect: samples = [16]

import torch
from bits import bits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.Parameter(torch.randn(8, 12) / 3)
        self.mix = nn.Parameter(torch.randn(10, 12) / 3)
        self.down = nn.Parameter(torch.randn(10, 1) / 3)

    def forward(self, x):
        x = torch.relu(torch.einsum("bsi,io->bso", x, self.up))  # seen: net relu 12
        x = torch.relu(torch.einsum("...i,oi->...o", x, self.mix))  # seen: net relu 10
        return x @ self.down


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), 1e-3)
losses = []
for _ in range(6):
    optimizer.zero_grad()
    loss = net(torch.randn(16, 5, 8)).square().mean()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(net, losses)
