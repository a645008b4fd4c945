import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(2)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X, dtype=torch.float32) / 16, torch.tensor(y)


class MoE(nn.Module):
    def __init__(self, n=4, d=64):
        super().__init__()
        self.gate = nn.Linear(d, n)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(d, 32), nn.ReLU(), nn.Linear(32, d)) for _ in range(n))

    def forward(self, x):
        p = F.softmax(self.gate(x), -1)
        top = p.argmax(-1)
        out = torch.zeros_like(x)
        for k, expert in enumerate(self.experts):
            rows = (top == k).nonzero()[:, 0]
            if len(rows):
                out = out.index_add(0, rows, expert(x[rows]) * p[rows, k : k + 1])
        load = F.one_hot(top, len(self.experts)).float().mean(0)
        return x + out, len(self.experts) * (load * p.mean(0)).sum()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.moe = MoE()
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        h, balance = self.moe(x)
        return self.head(h), balance


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(15):
    for b in torch.randperm(len(X)).split(64):
        out, balance = net(X[b])
        loss = F.cross_entropy(out, y[b]) + 0.02 * balance
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 0:
        print(epoch, loss.item())
