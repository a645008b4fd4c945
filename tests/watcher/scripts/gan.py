"""A GAN: two models whose layers have the same names, each with an optimizer of its own."""
# expect: optimizers = ["Adam", "SGD"]
# expect: steps = [8, 8]
# expect: samples = [32, 64]

import torch
from bits import bits
from torch import nn

torch.manual_seed(0)
generator = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2))
critic = nn.Sequential(nn.Linear(2, 12), nn.ReLU(), nn.Linear(12, 1))
judge = torch.optim.Adam(critic.parameters(), 1e-3)
forge = torch.optim.SGD(generator.parameters(), 1e-2)
lossf = nn.BCEWithLogitsLoss()
losses = []
for _ in range(8):
    real = torch.randn(32, 2) + 2
    fake = generator(torch.randn(32, 3))  # seen: 0 relu 16
    batch = torch.cat([real, fake.detach()])
    truth = torch.cat([torch.ones(32, 1), torch.zeros(32, 1)])
    judge.zero_grad()
    loss = lossf(critic(batch), truth)  # seen: 0 relu 12
    loss.backward()
    judge.step()
    forge.zero_grad()
    fooled = lossf(critic(fake), torch.ones(32, 1))  # seen: 0 relu 12
    fooled.backward()
    forge.step()
    losses += [loss.item(), fooled.item()]
bits(generator, critic, losses)
