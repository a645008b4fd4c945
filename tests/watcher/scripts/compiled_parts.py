"""A module of one's own, compiled whole; then one of its parts, a function and a method: as torch.compile."""
# expect: optimizers = ["SGD"]
# expect: steps = [9]
# expect: unseen = ["torch.compile"]
# expect: parameters = ["body.weight", "head.weight"]

import torch
import torch._dynamo
import torch.nn.functional as F
from bits import bits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 1)

    def finish(self, x):
        return self.head(F.relu(x))

    def forward(self, x):
        return self.finish(self.body(x))


def square(x):
    return x.square().mean()


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), 0.05)
losses = []


def train(model, loss_of):
    for _ in range(3):
        optimizer.zero_grad()
        loss = loss_of(model(torch.randn(32, 4)))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())


train(torch.compile(net, backend="eager"), square)  # no `__len__`, so no truth value either
net.finish = torch.compile(net.finish, backend="aot_eager")
train(net, torch.compile(square, backend="aot_eager"))
net.body = torch.compile(net.body, backend="aot_eager")
train(net, square)
for name, counted in sorted(torch._dynamo.utils.counters.items()):
    print(name, dict(counted))
bits(net, losses)
