import math

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(5)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y)

sizes = [64, 128, 128, 128, 128, 128, 128, 128, 10]
layers = []
for a, b in zip(sizes[:-1], sizes[1:]):
    fc = nn.Linear(a, b)
    std = 0.5
    nn.init.normal_(fc.weight, 0.0, std)
    nn.init.zeros_(fc.bias)
    layers.append(fc)
    layers.append(nn.ReLU())
model = nn.Sequential(*layers[:-1])

criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(300):
    idx = torch.randint(len(X), (64,))
    out = model(X[idx])
    loss = criterion(out, y[idx])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(step, loss.item())
