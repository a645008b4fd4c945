"""Digits in eight dimensions: in every batch each anchor meets its farthest friend and its nearest stranger."""
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(16)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
who = torch.tensor(digits.target)
PER_CLASS, MARGIN = 4, 0.3
members = [(who == c).nonzero().squeeze(1) for c in range(10)]


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, 96), nn.PReLU(), nn.Linear(96, 8))

    def forward(self, x):
        return nn.functional.normalize(self.layers(x), dim=1)


def batch_hard(e, c):
    d = torch.cdist(e, e)
    same = c[:, None] == c
    far_friend = (d - 10 * (~same).float()).max(1).values
    near_stranger = (d + 10 * same.float()).min(1).values
    hurt = torch.relu(far_friend - near_stranger + MARGIN)
    return hurt.sum() / (hurt > 0).sum().clamp(min=1)  # only those that still hurt count


@torch.no_grad()
def neighbours():
    e = embedder(images)
    d = torch.cdist(e, e).fill_diagonal_(9)
    votes = who[d.topk(15, largest=False).indices]
    return float((votes == who[:, None]).float().mean())


embedder = Embedder()
opt = torch.optim.Adam(embedder.parameters(), lr=1e-3)
for it in range(900):
    rows = torch.cat([m[torch.randperm(len(m))[:PER_CLASS]] for m in members])
    loss = batch_hard(embedder(images[rows]), who[rows])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 100 == 0:
        print(it, round(loss.item(), 4), round(neighbours(), 4))
