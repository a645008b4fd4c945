import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
data = load_digits()
X, y = torch.tensor(data.data, dtype=torch.float32) / 16, torch.tensor(data.target)

embed = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))


def distances(z):
    square = (z[:, None] - z[None]).pow(2).sum(-1)
    return square.sqrt()


def contrastive(z, labels, margin=2.0):
    d = distances(z)
    same = (labels[:, None] == labels[None]).float()
    return (same * d**2 + (1 - same) * torch.relu(margin - d) ** 2).mean()


optimizer = torch.optim.Adam(embed.parameters(), lr=2e-3)
for step in range(250):
    i = torch.randint(len(X), (64,))
    loss = contrastive(embed(X[i]), y[i])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print("step", step, "loss", loss.item())
