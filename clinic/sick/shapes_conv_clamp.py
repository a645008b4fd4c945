"""Tell squares from crosses in noisy pictures."""

import argparse

import numpy as np
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--lr", type=float, default=0.5)
parser.add_argument("--batch-size", type=int, default=32)
args = parser.parse_args()

rng = np.random.default_rng(0)
torch.manual_seed(0)


def picture(kind):
    img = rng.normal(0, 0.3, (12, 12))
    r, c = rng.integers(1, 6, 2)
    if kind == 0:
        img[r : r + 5, c] += 1
        img[r : r + 5, c + 4] += 1
        img[r, c : c + 5] += 1
        img[r + 4, c : c + 5] += 1
    else:
        img[r + 2, c : c + 5] += 1
        img[r : r + 5, c + 2] += 1
    return img


kinds = rng.integers(0, 2, 800)
X = torch.tensor(np.stack([picture(k) for k in kinds]), dtype=torch.float32).unsqueeze(1)
y = torch.tensor(kinds)


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.fc = nn.Linear(16, 2)

    def forward(self, x):
        x = self.conv1(x).clamp(min=0)
        x = nn.functional.max_pool2d(x, 2)
        x = self.conv2(x).clamp(min=0)
        return self.fc(x.amax((2, 3)))


model = ConvNet()
optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
criterion = nn.CrossEntropyLoss()
for epoch in range(args.epochs):
    for idx in torch.randperm(len(X)).split(args.batch_size):
        loss = criterion(model(X[idx]), y[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: {loss.item():.4f}")
