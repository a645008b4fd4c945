import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X, dtype=torch.float32) / 16, torch.tensor(y)
perm = torch.randperm(len(X))
n_train = 60
train_idx, val_idx = perm[:n_train], perm[1000:]
noise = 0.35
X = X + noise * torch.randn_like(X)

model = nn.Sequential(nn.Linear(64, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(60):
    model.train()
    train_loss = 0.0
    for b in train_idx[torch.randperm(n_train)].split(10):
        opt.zero_grad()
        loss = loss_fn(model(X[b]), y[b])
        loss.backward()
        opt.step()
        train_loss += loss.item() * len(b) / n_train
    model.eval()
    with torch.no_grad():
        val_loss = loss_fn(model(X[val_idx]), y[val_idx]).item()
    if epoch % 5 == 0:
        print(f"epoch {epoch:2d} train {train_loss:.4f} val {val_loss:.4f}")
