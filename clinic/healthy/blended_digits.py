"""Digits under everything at once: mixed pictures, smoothed labels, dropout and decay."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


@dataclass(frozen=True)
class Recipe:
    mixing: float = 0.4
    smoothing: float = 0.1
    drop: float = 0.5
    decay: float = 0.1
    peak: float = 6e-3
    epochs: int = 18
    batch: int = 48


def network(drop: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(drop), nn.Linear(128, 10),
    )


recipe = Recipe()
torch.manual_seed(90)
source = load_digits()
pictures = torch.tensor(source.images, dtype=torch.float32)[:, None] / 16
classes = torch.tensor(source.target)
shuffled = torch.randperm(len(pictures))
pictures, classes = pictures[shuffled], classes[shuffled]
train_p, train_c, test_p, test_c = pictures[:1440], classes[:1440], pictures[1440:], classes[1440:]

model = network(recipe.drop)
optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.peak, weight_decay=recipe.decay)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.peak, total_steps=recipe.epochs * 30)
beta = torch.distributions.Beta(recipe.mixing, recipe.mixing)

for epoch in range(recipe.epochs):
    model.train()
    for rows in torch.randperm(1440).split(recipe.batch):
        share, other = beta.sample(), rows[torch.randperm(len(rows))]
        out = model(share * train_p[rows] + (1 - share) * train_p[other])
        loss = share * F.cross_entropy(out, train_c[rows], label_smoothing=recipe.smoothing)
        loss = loss + (1 - share) * F.cross_entropy(out, train_c[other], label_smoothing=recipe.smoothing)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    model.eval()
    with torch.no_grad():
        test = (model(test_p).argmax(1) == test_c).float().mean().item()
    print(f"epoch {epoch} train loss {loss.item():.3f} test accuracy {test:.3f}")
