import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits


class MyAdam:
    def __init__(self, params, lr=0.01, b1=0.9, b2=0.999, eps=1e-8):
        self.params = list(params)
        self.lr, self.b1, self.b2, self.eps = lr, b1, b2, eps
        self.m = [torch.zeros_like(p) for p in self.params]
        self.v = [torch.zeros_like(p) for p in self.params]
        self.t = 0

    @torch.no_grad()
    def step(self):
        self.t += 1
        for p, m, v in zip(self.params, self.m, self.v):
            m.mul_(self.b1).add_(p.grad, alpha=1 - self.b1)
            v.mul_(self.b2).addcmul_(p.grad, p.grad, value=1 - self.b2)
            m_hat = m / (1 - self.b1**self.t)
            v_hat = v
            p.sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))
            p.grad = None


class TinyCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_a = nn.Conv2d(1, 12, 3)
        self.conv_b = nn.Conv2d(12, 20, 3)
        self.hidden = nn.Linear(20 * 16, 40)
        self.out = nn.Linear(40, 10)

    def forward(self, x):
        x = torch.relu(self.conv_a(x))
        x = torch.relu(self.conv_b(x)).flatten(1)
        x = torch.relu(self.hidden(x))
        return self.out(x)


torch.manual_seed(9)
np.random.seed(9)
digits = load_digits()
imgs = torch.tensor(digits.images[:, None] / 16, dtype=torch.float32)
labels = torch.tensor(digits.target)
cnn = TinyCNN()
opt = MyAdam(cnn.parameters(), lr=0.01)
ce = nn.CrossEntropyLoss()

for epoch in range(16):
    order = np.random.permutation(len(imgs))
    for start in range(0, len(order), 50):
        rows = order[start : start + 50]
        loss = ce(cnn(imgs[rows]), labels[rows])
        loss.backward()
        opt.step()
    print("epoch", epoch, "last batch", loss.item())
