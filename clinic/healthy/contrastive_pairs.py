import torch
from sklearn.datasets import load_digits
from torch import nn
import torch.nn.functional as F

torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)


class Projector(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(64, 128), nn.ReLU(inplace=True), nn.Linear(128, 64), nn.ReLU(inplace=True)
        )
        self.projection = nn.Linear(64, 32)

    def forward(self, x):
        return F.normalize(self.projection(self.encoder(x)), dim=1)


def augment(x):
    return x * (torch.rand_like(x) > 0.25) + 0.1 * torch.randn_like(x)


def nt_xent(a, b, t=0.2):
    z = torch.cat([a, b])
    sim = z @ z.t() / t
    sim.fill_diagonal_(float("-inf"))
    n = len(a)
    target = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(sim, target)


model = Projector()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for step in range(350):
    xb = X[torch.randint(len(X), (128,))]
    loss = nt_xent(model(augment(xb)), model(augment(xb)))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(f"{step} {loss.item():.4f}")
