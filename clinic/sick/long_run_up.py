"""Orientation of stripes in noise, eight classes."""

import math

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Stripes(Dataset):
    def __init__(self, size: int, seed: int) -> None:
        g = torch.Generator().manual_seed(seed)
        self.label = torch.randint(0, 8, (size,), generator=g)
        angle = self.label * math.pi / 8
        phase = torch.rand(size, generator=g) * 6.28
        row, col = torch.meshgrid(torch.arange(14.0), torch.arange(14.0), indexing="ij")
        wave = angle.cos()[:, None, None] * row + angle.sin()[:, None, None] * col
        image = torch.sin(1.3 * wave + phase[:, None, None])
        self.image = (image + 0.5 * torch.randn(image.shape, generator=g))[:, None]

    def __len__(self) -> int:
        return len(self.label)

    def __getitem__(self, i: int):
        return self.image[i], self.label[i]


hyper = dict(lr=0.2, batch_size=40, epochs=10, warmup_steps=40_000)
torch.manual_seed(12)
train_set = Stripes(1600, 0)
loader = DataLoader(train_set, hyper["batch_size"], shuffle=True)
net = nn.Sequential(
    nn.Conv2d(1, 16, 5),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 24, 3),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(24, 8),
)
optimizer = torch.optim.SGD(net.parameters(), lr=hyper["lr"])
step = 0
for epoch in range(hyper["epochs"]):
    for image, label in loader:
        step += 1
        for group in optimizer.param_groups:
            group["lr"] = hyper["lr"] * min(1.0, step / hyper["warmup_steps"])
        loss = nn.functional.cross_entropy(net(image), label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}  step {step}  lr {group['lr']:.5f}  loss {loss.item():.3f}")
