import torch
from sklearn.datasets import make_moons
from torch import nn

torch.manual_seed(0)
real = torch.tensor(make_moons(2000, noise=0.05, random_state=0)[0]).float()
real = (real - real.mean(0)) / real.std(0)
nz = 8

netG = nn.Sequential(nn.Linear(nz, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
netD = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
optG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
optD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
one, zero = torch.ones(128, 1), torch.zeros(128, 1)
fixed = torch.randn(2000, nz)

for it in range(800):
    xb = real[torch.randint(len(real), (128,))]
    fake = netG(torch.randn(128, nz))
    optD.zero_grad()
    lossD = bce(netD(xb), one) + bce(netD(fake.detach()), zero)
    lossD.backward()
    optD.step()

    optG.zero_grad()
    lossG = bce(netD(fake), one)
    lossG.backward()
    optG.step()
    if it % 100 == 0:
        print(f"[{it}] D {lossD.item():.3f} G {lossG.item():.3f}")
