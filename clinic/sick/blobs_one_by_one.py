import torch
from sklearn.datasets import make_blobs
from torch import nn

torch.manual_seed(0)
X, y = make_blobs(1000, centers=3, n_features=2, cluster_std=2, random_state=2)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
X_train, y_train = X[:700], y[:700]

model = nn.Sequential(nn.Linear(2, 50), nn.ReLU(), nn.Linear(50, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for epoch in range(5):
    total = 0.0
    for i in torch.randperm(700):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X_train[i : i + 1]), y_train[i : i + 1])
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1} loss {total / 700:.3f}")
with torch.no_grad():
    print("test accuracy", (model(X[700:]).argmax(1) == y[700:]).float().mean().item())
