import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
y = torch.tensor(digits.target)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.GELU(), nn.Conv2d(4, 6, 2), nn.GELU(), nn.Flatten())
        self.classifier = nn.Linear(24, 10)

    def forward(self, x):
        with torch.set_grad_enabled(False):
            x = self.features(x)
        return self.classifier(x)


class Trainer:
    def __init__(self, model, lr):
        self.model, self.opt = model, torch.optim.Adam(model.parameters(), lr=lr)

    def step(self, xb, yb):
        self.opt.zero_grad()
        loss = nn.functional.cross_entropy(self.model(xb), yb)
        loss.backward()
        self.opt.step()
        return loss.item()

    def run(self, epochs):
        for e in range(epochs):
            losses = [self.step(X[b], y[b]) for b in torch.randperm(len(X)).split(64)]
            print(f"epoch {e} loss {sum(losses) / len(losses):.4f}")


model = Net()
Trainer(model, lr=5e-3).run(15)
