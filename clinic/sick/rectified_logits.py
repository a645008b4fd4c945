import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(5)
X, y = load_digits(return_X_y=True)
X = torch.tensor(X / 16, dtype=torch.float32)
y = torch.tensor(y)

head = nn.Linear(48, 10)
nn.init.constant_(head.bias, -1.0)
model = nn.Sequential(
    nn.Linear(64, 48), nn.ReLU(),
    head, nn.ReLU(),
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(12):
    for batch in torch.randperm(len(X)).split(64):
        optimizer.zero_grad()
        loss = criterion(model(X[batch]), y[batch])
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
