"""Warnings of torch, from Python and from C++, point at the user's own lines on looked-at steps too."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]

import sys
import warnings

import torch
import torch.nn.functional as F
from bits import bits
from torch import nn


def show(message, category, filename, lineno, file=None, line=None):
    print(category.__name__, filename.rpartition("/")[2], lineno, str(message).split(".")[0][:60])


warnings.showwarning = show


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(4, 8), nn.Linear(8, 4), nn.Softmax()

    def forward(self, x):
        x = self.b(torch.relu(self.a(x)))  # seen: a relu 8
        return F.softmax(x) + self.c(x)


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), 0.01)
losses = []
for step in range(6):
    if step % 2:
        warnings.simplefilter("always")
    loss = F.mse_loss(net(torch.randn(32, 4)), torch.zeros(32, 1))
    loss = loss + torch.ones(2, 3, 4).T.sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
print(sys.excepthook is sys.__excepthook__)
bits(net, losses)
