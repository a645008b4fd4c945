"""Who likes what: users and films as vectors, a small net on both."""
import torch
from torch import nn

torch.manual_seed(17)
settings = {"users": 120, "films": 90, "dim": 12, "lr": 4e-3, "batch": 64, "epochs": 14, "warmup": 100}

u_true, f_true = torch.randn(settings["users"], 3), torch.randn(settings["films"], 3)
users = torch.randint(0, settings["users"], (5000,))
films = torch.randint(0, settings["films"], (5000,))
liked = ((u_true[users] * f_true[films]).sum(1) + 0.3 * torch.randn(5000) > 0).float()


class Taste(nn.Module):
    def __init__(self, n_users, n_films, dim):
        super().__init__()
        self.user = nn.Embedding(n_users, dim)
        self.film = nn.Embedding(n_films, dim)
        self.head = nn.Sequential(nn.Linear(3 * dim, 48), nn.LeakyReLU(0.1), nn.Linear(48, 1))

    def forward(self, u, f):
        a, b = self.user(u), self.film(f)
        return self.head(torch.cat([a, b, a * b], 1))


def rate_at(step: int) -> float:
    """Up in a line over the warm-up, then level."""
    return settings["lr"] * min(1.0, (step + 1) / settings["warmup"])


taste = Taste(settings["users"], settings["films"], settings["dim"])
optimizer = torch.optim.Adam(taste.parameters(), lr=settings["lr"])
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lr_lambda=rate_at)
bce = nn.BCEWithLogitsLoss()

for epoch in range(settings["epochs"]):
    for rows in torch.randperm(len(users)).split(settings["batch"]):
        loss = bce(taste(users[rows], films[rows]).squeeze(1), liked[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    print(f"epoch {epoch:2d} bce {loss.item():.4f}")
