import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16).float(), torch.tensor(y)


def weights_init(m):
    if isinstance(m, nn.Linear):
        m.weight.data.normal_(0.0, 1.0)
        m.bias.data.fill_(0)


model = nn.Sequential(
    nn.Linear(64, 200), nn.LeakyReLU(0.2), nn.Linear(200, 200), nn.LeakyReLU(0.2), nn.Linear(200, 10)
)
model.apply(weights_init)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-4)
for epoch in range(6):
    for i in range(0, len(X), 32):
        loss = nn.functional.cross_entropy(model(X[i : i + 32]), y[i : i + 32])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", loss.item())
