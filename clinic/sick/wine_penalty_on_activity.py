import torch
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler
from torch import nn

torch.manual_seed(1)
X, y = load_wine(return_X_y=True)
X = torch.tensor(StandardScaler().fit_transform(X), dtype=torch.float32)
y = torch.tensor(y)


class Classifier(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_hidden), nn.ReLU())
        self.head = nn.Linear(n_hidden, n_out)

    def forward(self, x):
        h = self.body(x)
        return self.head(h), h


model = Classifier(13, 64, 3)
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
ce = nn.CrossEntropyLoss()
l1 = 2.0

for epoch in range(120):
    for idx in torch.randperm(len(X)).split(32):
        logits, h = model(X[idx])
        loss = ce(logits, y[idx]) + l1 * h.abs().sum(1).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 20 == 0:
        acc = (model(X)[0].argmax(1) == y).float().mean()
        print(f"{epoch:3d} loss {loss.item():.3f} acc {acc:.3f}")
