import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(3)
torch.manual_seed(3)
N_TRAIN = 20


def sample(n):
    x = rng.uniform(-1, 1, n)
    return x, np.sin(3 * x) + rng.normal(0, 0.4, n)


x_train, y_train = sample(N_TRAIN)
x_val, y_val = sample(300)


def features(x):
    return torch.tensor(np.stack([np.cos(k * np.arccos(x)) for k in range(1, 25)], 1), dtype=torch.float32)


A, b = features(x_train), torch.tensor(y_train, dtype=torch.float32)
Av, bv = features(x_val), torch.tensor(y_val, dtype=torch.float32)
model = nn.Sequential(nn.Linear(24, 64), nn.Tanh(), nn.Linear(64, 1), nn.Flatten(0))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(400):
    model.train()
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(A), b)
    loss.backward()
    optimizer.step()
    if epoch % 20 == 0:
        model.eval()
        with torch.no_grad():
            val = nn.functional.mse_loss(model(Av), bv)
        print(f"epoch {epoch} train {loss.item():.4f} val {val.item():.4f}")
