"""Gradients of single samples by torch.func, put into `.grad` by hand: steps without a backward call."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: parameters = ["0.weight"]

import torch
from bits import bits
from torch import nn
from torch.func import functional_call, grad, vmap

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.05)


def loss_of(parameters, x, y):
    return (functional_call(model, parameters, (x[None],)) - y).square().mean()


per_sample = vmap(grad(loss_of), in_dims=(None, 0, 0))
for _ in range(6):
    x = torch.randn(16, 4)
    gradients = per_sample({k: v.detach() for k, v in model.named_parameters()}, x, x.sum(1))
    for name, p in model.named_parameters():
        g = gradients[name]
        norms = g.flatten(1).norm(dim=1).clamp(min=1.0)
        p.grad = (g / norms.view(-1, *[1] * (g.dim() - 1))).mean(0) + 0.01 * torch.randn_like(p)
    optimizer.step()
bits(model)
