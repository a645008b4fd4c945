"""Received signal level from geometry and frequency. Levels are logarithmic (neper, relative to 1 m)."""

import numpy as np
import torch
from torch import nn

torch.manual_seed(3)
rng = np.random.default_rng(3)

N = 2400
distance = rng.uniform(2, 80, N)
frequency = rng.uniform(0.4, 6.0, N)
walls = rng.integers(0, 4, N)
angle = rng.uniform(-1, 1, N)
level = -(np.log(distance) * 0.8 + 0.25 * np.log(frequency * 10) + 0.3 * walls) + 0.4 * np.cos(2 * angle)
level = level + rng.normal(0, 0.08, N)

features = np.stack([np.log(distance), frequency, walls, angle], axis=1)
features = (features - features.mean(0)) / features.std(0)
x = torch.from_numpy(features).float()
target = torch.from_numpy(level).float().unsqueeze(1)

regressor = nn.Sequential(
    nn.Linear(4, 40),
    nn.Tanh(),
    nn.Linear(40, 40),
    nn.Tanh(),
    nn.Linear(40, 1),
    nn.ReLU(),
)

optimiser = torch.optim.Adam(regressor.parameters(), lr=3e-3)
huber = nn.SmoothL1Loss()
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, target), batch_size=48, shuffle=True)

for epoch in range(24):
    running = 0.0
    for features_batch, level_batch in loader:
        optimiser.zero_grad()
        value = huber(regressor(features_batch), level_batch)
        value.backward()
        optimiser.step()
        running += value.item() * len(features_batch)
    print(f"epoch {epoch:2d}  smooth l1 {running / N:.4f}")
