import torch
from sklearn.datasets import load_digits
from torch import nn


def get_data():
    d = load_digits()
    return torch.tensor(d.data, dtype=torch.float32) / 16, torch.tensor(d.target)


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.norm = nn.LayerNorm(d)
        self.up = nn.Linear(d, 2 * d)
        self.down = nn.Linear(2 * d, d)

    def forward(self, x):
        return x + self.down(nn.functional.gelu(self.up(self.norm(x))))


class Mixer(nn.Module):
    def __init__(self, d=48, n=3):
        super().__init__()
        self.embed = nn.Linear(64, d)
        self.blocks = nn.ModuleList([Block(d) for _ in range(n)])
        self.head = nn.Linear(d, 10)

    def forward(self, x):
        x = self.embed(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


torch.manual_seed(0)
X, y = get_data()
model = Mixer()
opt = torch.optim.SGD(model.parameters(), lr=3.0, momentum=0.9)
for epoch in range(10):
    for b in torch.randperm(len(X)).split(64):
        loss = nn.functional.cross_entropy(model(X[b]), y[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, round(loss.item(), 3))
