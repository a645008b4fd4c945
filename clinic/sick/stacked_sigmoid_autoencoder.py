import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X = torch.tensor(load_digits().data, dtype=torch.float32) / 16


def stack(widths, act):
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Linear(a, b), act()]
    return nn.Sequential(*layers)


class DeepAutoencoder(nn.Module):
    def __init__(self, act=nn.Sigmoid):
        super().__init__()
        self.encoder = stack([64, 48, 36, 24, 12], act)
        self.decoder = stack([12, 24, 36, 48], act)
        self.out = nn.Linear(48, 64)

    def forward(self, x):
        return self.out(self.decoder(self.encoder(x)))


model = DeepAutoencoder()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
for epoch in range(25):
    for b in torch.randperm(len(X)).split(64):
        optimizer.zero_grad()
        loss = ((model(X[b]) - X[b]) ** 2).mean()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        print(f"[{epoch}] mse {loss.item():.5f}")
