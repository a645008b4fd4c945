import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.data, dtype=torch.float32) * 16.0  # 0..255
SCALE = 1.0
X = X * SCALE
y = torch.tensor(digits.target)

hidden = nn.Linear(64, 100)
nn.init.normal_(hidden.weight, std=1.0)
model = nn.Sequential(hidden, nn.Tanh(), nn.Linear(100, 100), nn.Tanh(), nn.Linear(100, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.002)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(8):
    for i in torch.randperm(len(X)).split(50):
        loss = loss_fn(model(X[i]), y[i])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: {loss.item():.3f}")
