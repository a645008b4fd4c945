"""LBFGS: the backward calls happen inside the step, several for one: each evaluation of the closure is a step."""
# expect: optimizers = ["LBFGS"]
# expect: steps = [20]

import torch
from bits import bits
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(inplace=True), nn.Linear(8, 1))
optimizer = torch.optim.LBFGS(model.parameters(), max_iter=4)
x = torch.randn(64, 4)
losses = []


def closure():
    optimizer.zero_grad()
    loss = (model(x) - x.sum(1, keepdim=True).relu()).square().mean()  # seen: 0 relu 8
    loss.backward()
    losses.append(loss.item())
    return loss


for _ in range(5):
    optimizer.step(closure)
bits(model, losses)
