import torch
import torch.nn as nn
from sklearn.datasets import make_blobs

torch.manual_seed(4)
X, y = make_blobs(1000, centers=3, n_features=2, cluster_std=2, random_state=2)
X = torch.tensor(X, dtype=torch.float32) / 10
y = torch.tensor(y)
X_train, y_train = X[:700], y[:700]

DEPTH = 17
ACT = nn.ReLU
layers = []
n = 2
for _ in range(DEPTH):
    lin = nn.Linear(n, 5)
    nn.init.kaiming_normal_(lin.weight)
    nn.init.zeros_(lin.bias)
    layers += [lin, ACT()]
    n = 5
layers.append(nn.Linear(5, 3))
model = nn.Sequential(*layers)

opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(60):
    for batch in torch.randperm(700).split(32):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(X_train[batch]), y_train[batch])
        loss.backward()
        opt.step()
    if epoch % 10 == 9:
        print(epoch + 1, loss.item())
with torch.no_grad():
    print("test acc", (model(X[700:]).argmax(1) == y[700:]).float().mean().item())
