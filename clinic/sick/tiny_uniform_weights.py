import torch
from sklearn.datasets import make_circles
from torch import nn

torch.manual_seed(0)
X, y = make_circles(1000, noise=0.1, factor=0.4, random_state=1)
X, y = torch.tensor(X[:700]).float(), torch.tensor(y[:700]).float()[:, None]
BOUND = 0.05


def make_layer(i, o):
    layer = nn.Linear(i, o)
    nn.init.uniform_(layer.weight, -BOUND, BOUND)
    nn.init.zeros_(layer.bias)
    return layer


hidden = []
for k in range(8):
    hidden += [make_layer(2 if k == 0 else 20, 20), nn.ReLU()]
model = nn.Sequential(*hidden, make_layer(20, 1), nn.Sigmoid())
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
bce = nn.BCELoss()
for epoch in range(25):
    for batch in torch.randperm(700).split(32):
        opt.zero_grad()
        loss = bce(model(X[batch]), y[batch])
        loss.backward()
        opt.step()
    if epoch % 5 == 0:
        print(f"Epoch {epoch}: {loss.item():.4f}")
