"""An optimizer that the user wrote."""
# expect: optimizers = ["Lion"]
# expect: steps = [6]
# expect: samples = [32]

import torch
from bits import bits
from torch import nn


class Lion(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, beta=0.9):
        super().__init__(params, {"lr": lr, "beta": beta})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    average = self.state[p].setdefault("average", torch.zeros_like(p))
                    p.sub_(group["lr"] * torch.sign(group["beta"] * average + (1 - group["beta"]) * p.grad))
                    average.mul_(group["beta"]).add_(p.grad, alpha=1 - group["beta"])


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = Lion(model.parameters())
losses = []
for _ in range(6):
    optimizer.zero_grad()
    loss = model(torch.randn(32, 4)).square().mean()  # seen: 0 relu 8
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(model, losses)
