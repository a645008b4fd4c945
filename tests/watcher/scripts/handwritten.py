"""Activations that a user wrote: x * (x > 0), torch.where, and an autograd.Function."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: samples = [32]
# expect: parameters = ["layers.0.weight", "layers.3.weight"]

import torch
from bits import bits
from torch import nn


class Rectify(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x.clamp(min=0)
        ctx.save_for_backward(y > 0)
        return y

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(8, 8) for _ in range(5)])

    def forward(self, x):
        x = self.layers[0](x)
        x = x * (x > 0)  # seen: layers.0 relu 8
        x = self.layers[1](x)
        x = torch.where(x > 0, x, 0.0)  # seen: layers.1 relu 8
        x = self.layers[2](x)
        x = (x > 0).float() * x  # seen: layers.2 relu 8
        x = Rectify.apply(self.layers[3](x))  # seen: layers.3 relu 8
        return self.layers[4](x)


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), 0.05)
losses = []
for _ in range(6):
    optimizer.zero_grad()
    loss = net(torch.randn(32, 8)).square().mean()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(net, losses)
