import torch
from torch import nn

torch.manual_seed(0)
real = torch.randn(3000, 2) * torch.tensor([0.5, 0.2]) + torch.tensor([1.0, -1.0])


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6, 48)
        self.fc2 = nn.Linear(48, 48)
        self.fc3 = nn.Linear(48, 2)

    def forward(self, z):
        z = nn.functional.relu(self.fc1(z))
        z = nn.functional.relu(self.fc2(z))
        return self.fc3(z)


generator = Generator()
discriminator = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
opt_g = torch.optim.Adam(generator.parameters(), lr=0.5)
opt_d = torch.optim.Adam(discriminator.parameters(), lr=1e-3)
bce = nn.BCEWithLogitsLoss()
z_fixed = torch.randn(1000, 6)
for it in range(400):
    x = real[torch.randint(3000, (64,))]
    g = generator(torch.randn(64, 6))
    d_loss = bce(discriminator(x), torch.ones(64, 1)) + bce(discriminator(g.detach()), torch.zeros(64, 1))
    opt_d.zero_grad()
    d_loss.backward()
    opt_d.step()
    g_loss = bce(discriminator(g), torch.ones(64, 1))
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    if it % 80 == 0:
        print(f"{it} d {d_loss.item():.3f} g {g_loss.item():.3f}")
