"""A gradient penalty by autograd.grad(create_graph=True), which is no backward pass of its own."""
# expect: optimizers = ["Adam"]
# expect: steps = [6]
# expect: samples = [64]

import torch
from bits import bits
from torch import nn


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.head = nn.Linear(2, 8), nn.Linear(8, 6), nn.Linear(6, 1)

    def forward(self, x):
        x = torch.relu(self.first(x))  # seen: first relu 8
        return self.head(torch.relu(self.second(x)))  # seen: second relu 6


torch.manual_seed(0)
critic = Critic()
optimizer = torch.optim.Adam(critic.parameters(), 1e-3)
losses = []
for _ in range(6):
    real, fake = torch.randn(32, 2), torch.rand(32, 2)
    between = (real + torch.rand(32, 1) * (fake - real)).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    loss = critic(fake).mean() + 10 * (slope.norm(dim=1) - 1).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(critic, losses)
