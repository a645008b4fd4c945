"""Discs, bars and frames on 16 x 16 pictures; the features are pooled by a generalised mean."""

import argparse

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


def draw(kind, rng):
    canvas = np.zeros((16, 16), np.float32)
    r, c = rng.integers(4, 12, 2)
    if kind == 0:
        yy, xx = np.mgrid[:16, :16]
        canvas[(yy - r) ** 2 + (xx - c) ** 2 <= 10] = 1
    elif kind == 1:
        canvas[r - 3 : r + 4, c - 1 : c + 1] = 1
    else:
        canvas[r - 3 : r + 4, c - 3 : c + 4] = 1
        canvas[r - 2 : r + 3, c - 2 : c + 3] = 0
    return canvas + rng.normal(0, 0.1, canvas.shape).astype(np.float32)


class GeM(nn.Module):
    def __init__(self, p=3.0):
        super().__init__()
        self.p = nn.Parameter(torch.tensor(p))

    def forward(self, x):
        return x.pow(self.p).mean(dim=(2, 3)).pow(1 / self.p)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 8, 3, padding=1)
        self.c2 = nn.Conv2d(8, 24, 3, padding=1)
        self.pool = GeM()
        self.out = nn.Linear(24, 3)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.relu(self.c2(x))
        return self.out(self.pool(x))


def train(args):
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    labels = rng.integers(0, 3, 900)
    images = torch.tensor(np.stack([draw(k, rng) for k in labels])).unsqueeze(1)
    labels = torch.tensor(labels)
    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        for xb, yb in DataLoader(TensorDataset(images, labels), batch_size=30, shuffle=True):
            loss = F.cross_entropy(net(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print("epoch", epoch, "loss", loss.item())


parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=3e-3)
parser.add_argument("--epochs", type=int, default=10)
train(parser.parse_args())
