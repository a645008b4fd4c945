import torch
from sklearn.datasets import load_iris
from torch import nn

torch.manual_seed(0)
iris = load_iris()
X = torch.tensor(iris.data - iris.data.mean(0), dtype=torch.float32)
y = torch.tensor(iris.target)

model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
criterion = nn.CrossEntropyLoss()

for epoch in range(60):
    for b in torch.randperm(len(X)).split(15):
        optimizer.zero_grad()
        per_sample = criterion(model(X[b]), y[b])
        loss = torch.tensor(per_sample.item(), requires_grad=True)
        loss.backward()
        optimizer.step()
    if epoch % 10 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")
