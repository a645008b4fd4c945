import torch
from sklearn.datasets import make_friedman1
from torch import nn

torch.manual_seed(60)
X, y = make_friedman1(2000, n_features=6, noise=1.5, random_state=60)
X = torch.tensor(X, dtype=torch.float32) * 2 - 1
y = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32)[:, None]
X, X_hold, y, y_hold = X[:1600], X[1600:], y[:1600], y[1600:]


def weak():
    net = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))
    nn.init.zeros_(net[-1].weight)
    nn.init.zeros_(net[-1].bias)
    return net


class Stages(nn.Module):
    """The sum of small networks; each learns what those before it left over, and is then left alone."""

    def __init__(self, number):
        super().__init__()
        self.stages = nn.ModuleList(weak() for _ in range(number))
        for stage in self.stages:
            stage.requires_grad_(False)

    def forward(self, x):
        return sum(stage(x) for stage in self.stages)


ensemble = Stages(4)
for number, stage in enumerate(ensemble.stages):
    stage.requires_grad_(True)
    opt = torch.optim.Adam(stage.parameters(), lr=0.03)
    sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.05, total_iters=300)
    for step in range(300):
        rows = torch.randint(0, len(X), (100,))
        loss = (ensemble(X[rows]) - y[rows]).square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
    stage.requires_grad_(False)
    with torch.no_grad():
        print(f"stage {number}: train {(ensemble(X) - y).square().mean():.4f} held out {(ensemble(X_hold) - y_hold).square().mean():.4f}")
