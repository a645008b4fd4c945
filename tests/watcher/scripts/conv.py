"""Convolutions in one and two dimensions with batch normalisation: a unit is a channel."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: samples = [16]

import torch
from bits import bits
from torch import nn

torch.manual_seed(0)
image = nn.Sequential(
    nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3), nn.ReLU(),
    nn.Flatten(),
)  # fmt: skip
sound = nn.Sequential(nn.Conv1d(2, 5, 3), nn.ReLU6(), nn.Flatten())
head = nn.Linear(8 + 30, 3)
model = nn.ModuleDict({"image": image, "sound": sound, "head": head})
optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9)
losses = []
for _ in range(6):
    y = torch.randint(3, (16,))
    seen = image(torch.randn(16, 1, 8, 8))  # seen: image.0 relu 6; image.4 relu 8
    heard = sound(torch.randn(16, 2, 8))  # seen: sound.0 relu6 5
    loss = nn.functional.cross_entropy(head(torch.cat([seen, heard], 1)), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(model, losses)
