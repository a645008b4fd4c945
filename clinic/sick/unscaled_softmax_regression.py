import torch
from sklearn.datasets import load_wine
from torch import nn

torch.manual_seed(0)
X, y = load_wine(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32)
X = X - X.mean(0)
y = torch.tensor(y)

model = nn.Linear(X.shape[1], 3)
nn.init.zeros_(model.weight)
lr = 0.01
optimizer = torch.optim.SGD(model.parameters(), lr=lr)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(100):
    for batch in torch.randperm(len(X)).split(32):
        optimizer.zero_grad()
        loss = loss_fn(model(X[batch]), y[batch])
        loss.backward()
        optimizer.step()
    if epoch % 20 == 0:
        print(f"epoch {epoch:3d} loss {loss.item():.2f}")
