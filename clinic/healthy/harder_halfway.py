import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y)

net = nn.Sequential(nn.Linear(64, 128), nn.LeakyReLU(), nn.Linear(128, 128), nn.LeakyReLU(), nn.Linear(128, 10))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
easy = y < 3
for stage, (mask, epochs) in enumerate([(easy, 20), (y < 6, 10), (y < 10, 12)]):
    Xs, ys = X[mask], y[mask]
    for epoch in range(epochs):
        for b in torch.randperm(len(Xs)).split(32):
            loss = nn.functional.cross_entropy(net(Xs[b]), ys[b])
            opt.zero_grad()
            loss.backward()
            opt.step()
    print(f"stage {stage}: {len(Xs)} samples, loss {loss.item():.4f}")
