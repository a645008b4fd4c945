"""Invent heights and weights of people with a small adversarial pair."""
import torch
from torch import nn

torch.manual_seed(8)
height = 172 + 9 * torch.randn(2000)
weight = 74 + 0.8 * (height - 172) + 7 * torch.randn(2000)
table = torch.stack([height, weight], 1).log()  # of centimetres and kilograms
low, high = table.min(0).values, table.max(0).values
people = table
Z, BATCH = 6, 64


def generator():
    return nn.Sequential(
        nn.Linear(Z, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 2), nn.Tanh()
    )


def critic():
    return nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))


gen, dis = generator(), critic()
opt_g = torch.optim.Adam(gen.parameters(), lr=1e-3, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(dis.parameters(), lr=1e-3, betas=(0.5, 0.999))
softplus = nn.functional.softplus
still = torch.randn(1000, Z)

for step in range(900):
    genuine = people[torch.randint(0, len(people), (BATCH,))]
    invented = gen(torch.randn(BATCH, Z))
    d_loss = softplus(-dis(genuine)).mean() + softplus(dis(invented.detach())).mean()
    opt_d.zero_grad()
    d_loss.backward()
    opt_d.step()

    g_loss = softplus(-dis(invented)).mean()
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    if step % 100 == 0:
        print(f"{step:4d} D {d_loss.item():.3f} G {g_loss.item():.3f}")
