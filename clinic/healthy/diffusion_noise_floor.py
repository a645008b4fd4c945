import torch
from sklearn.datasets import make_moons
from torch import nn

torch.manual_seed(0)
data = torch.tensor(make_moons(3000, noise=0.04, random_state=0)[0], dtype=torch.float32)
data = (data - data.mean(0)) / data.std(0)
T = 40
betas = torch.linspace(1e-3, 0.2, T)
abar = torch.cumprod(1 - betas, 0)


class Denoiser(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.time = nn.Embedding(T, h)
        self.inp = nn.Linear(2, h)
        self.net = nn.Sequential(nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2))

    def forward(self, x, t):
        return self.net(self.inp(x) + self.time(t))


model = Denoiser()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for step in range(1500):
    x0 = data[torch.randint(len(data), (128,))]
    t = torch.randint(T, (128,))
    noise = torch.randn_like(x0)
    xt = abar[t].sqrt()[:, None] * x0 + (1 - abar[t]).sqrt()[:, None] * noise
    loss = ((model(xt, t) - noise) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print("step", step, "loss", round(loss.item(), 4))


@torch.no_grad()
def sample(n):
    x = torch.randn(n, 2)
    for t in reversed(range(T)):
        eps = model(x, torch.full((n,), t))
        x = (x - betas[t] / (1 - abar[t]).sqrt() * eps) / (1 - betas[t]).sqrt()
        if t:
            x = x + betas[t].sqrt() * torch.randn_like(x)
    return x


print("distance of samples to data", torch.cdist(sample(300), data).min(1).values.mean().item())
