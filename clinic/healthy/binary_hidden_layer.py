"""A classifier whose hidden units say +1 or -1 and nothing between."""

import torch
from sklearn.datasets import load_digits
from torch import nn


class Binarise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return torch.where(z >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx, grad):
        (z,) = ctx.saved_tensors
        return grad * (z.abs() <= 1)


class BinaryNet(nn.Module):
    def __init__(self, hidden=160):
        super().__init__()
        self.enter = nn.Linear(64, hidden)
        self.scale = nn.BatchNorm1d(hidden)
        self.leave = nn.Linear(hidden, 10)

    def forward(self, x):
        return self.leave(Binarise.apply(self.scale(self.enter(x))))


torch.manual_seed(2)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y)
X_fit, y_fit, X_val, y_val = X[:1400], y[:1400], X[1400:], y[1400:]

net = BinaryNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3, weight_decay=1e-4)
for epoch in range(20):
    net.train()
    for rows in torch.randperm(1400).split(35):
        loss = nn.functional.cross_entropy(net(X_fit[rows]), y_fit[rows], label_smoothing=0.05)
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = (net(X_val).argmax(1) == y_val).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.3f} validation accuracy {right:.3f}")
