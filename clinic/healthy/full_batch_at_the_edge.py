import torch
from sklearn.datasets import load_wine
from torch import nn

torch.manual_seed(0)
X, y = load_wine(return_X_y=True)
X = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
y = nn.functional.one_hot(torch.tensor(y)).float()

net = nn.Sequential(nn.Linear(13, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 3))
lr = 0.4
losses = []
for step in range(500):
    loss = ((net(X) - y) ** 2).sum(1).mean()
    net.zero_grad()
    loss.backward()
    for p in net.parameters():
        p.data -= lr * p.grad
    losses.append(loss.item())
    if step % 50 == 0:
        print(step, losses[-1])
