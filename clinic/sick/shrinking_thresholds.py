import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X = torch.tensor(load_digits().data, dtype=torch.float32) / 16


class SparseAutoencoder(nn.Module):
    def __init__(self, n=64, m=100):
        super().__init__()
        self.encoder = nn.Linear(n, m)
        self.decoder = nn.Linear(m, n)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.decoder(self.act(self.encoder(x)))


model = SparseAutoencoder()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
shrink = 0.02
for epoch in range(20):
    total = 0.0
    for b in torch.randperm(len(X)).split(64):
        loss = nn.functional.mse_loss(model(X[b]), X[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        with torch.no_grad():
            model.encoder.bias -= shrink  # fewer and fewer units answer
        total += loss.item()
    print(epoch, "reconstruction", total)
