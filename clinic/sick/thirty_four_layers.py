import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target)


def dense(n_in, n_out, init=nn.init.xavier_uniform_):
    layer = nn.Linear(n_in, n_out)
    init(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


layers = [dense(64, 128), nn.ReLU()]
for _ in range(33):
    layers += [dense(128, 128), nn.ReLU()]
model = nn.Sequential(*layers, dense(128, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(4):
    for i in torch.randperm(len(X)).split(32):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X[i]), y[i])
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1} loss {loss.item():.4f}")
