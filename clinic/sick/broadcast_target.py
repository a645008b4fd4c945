import torch
from sklearn.datasets import load_diabetes
from torch import nn

torch.manual_seed(2)
bunch = load_diabetes()
X = torch.tensor(bunch.data, dtype=torch.float32) * 20
y = torch.tensor(bunch.target, dtype=torch.float32)
y = (y - y.mean()) / y.std()


class Regressor(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d, 32), nn.GELU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.net(x)


model = Regressor(X.shape[1])
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(80):
    for ids in torch.randperm(len(X)).split(32):
        pred = model(X[ids])
        loss = ((pred - y[ids]) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 15 == 0:
        print(f"{epoch} {loss.item():.4f}")
