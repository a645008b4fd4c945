import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X, dtype=torch.float32) / 16, torch.tensor(y)

model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(20):
    correct = 0
    for b in torch.randperm(len(X)).split(64):
        out = model(X[b])
        loss = nn.functional.cross_entropy(out, y[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        correct += (out.argmax(1) == y[b]).sum().item()
    print(f"epoch {epoch}: accuracy {correct / len(X):.4f}")
