"""Inductor, as most people call torch.compile: a module of one's own whole, then a method, a function and a part."""
# expect: optimizers = ["Adam"]
# expect: steps = [6]
# expect: unseen = ["torch.compile"]
# expect: parameters = ["body.weight", "head.weight"]

import torch
import torch._dynamo
from bits import bits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 1)

    def finish(self, x):
        return self.head(torch.relu(x))

    def forward(self, x):
        return self.finish(self.body(x))


@torch.compile
def square(x):
    return x.square().mean()


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), 0.05)
losses = []


def train(model):
    for _ in range(3):
        optimizer.zero_grad()
        loss = square(model(torch.randn(32, 4)))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())


train(torch.compile(net))
net.finish, net.body = torch.compile(net.finish), torch.compile(net.body)
train(net)
for name, counted in sorted(torch._dynamo.utils.counters["stats"].items()):
    print(name, counted)
bits(net, losses)
