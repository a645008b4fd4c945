import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

np.random.seed(0)
torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
eps = 0.0
X = (X - X.mean(axis=0)) / (X.std(axis=0) + eps)  # standardise every pixel
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y)

model = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10))
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for it in range(400):
    ix = np.random.choice(len(X), 64)
    loss = nn.functional.cross_entropy(model(X[ix]), y[ix])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 100 == 0:
        print(it, loss.item())
print("accuracy", (model(X).argmax(1) == y).float().mean().item())
