import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
X = torch.tensor(load_digits().data, dtype=torch.float32) / 16


class AutoEncoder(nn.Module):
    def __init__(self, code=6):
        super().__init__()
        self.enc1 = nn.Linear(64, 32)
        self.enc2 = nn.Linear(32, code)
        self.dec1 = nn.Linear(code, 32)
        self.dec2 = nn.Linear(32, 64)

    def encode(self, x):
        return self.enc2(F.elu(self.enc1(x)))

    def decode(self, z):
        return self.dec2(F.elu(self.dec1(z)))

    def forward(self, x):
        z = self.encode(x).detach()
        return self.decode(z), z


ae = AutoEncoder()
opt = torch.optim.Adam(ae.parameters(), lr=2e-3)
for epoch in range(30):
    losses = []
    for b in torch.randperm(len(X)).split(64):
        rec, z = ae(X[b])
        loss = F.mse_loss(rec, X[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    if epoch % 5 == 0:
        print("epoch", epoch, "mse", sum(losses) / len(losses))
