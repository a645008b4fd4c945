import torch
import torch.nn.functional as F
from sklearn.datasets import make_moons
from torch import nn

torch.manual_seed(0)
X, y = make_moons(600, noise=0.1, random_state=1)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)


class Prototypes(nn.Module):
    """Each unit answers within a radius around its prototype."""

    def __init__(self, k=30):
        super().__init__()
        self.mix = nn.Linear(2, k)
        self.radius = 1.5
        self.read = nn.Linear(k, 2)

    def forward(self, x):
        distance = (self.mix(x) ** 2 + 0.01)
        near = F.relu(-self.radius - distance)
        return self.read(near)


model = Prototypes()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(60):
    for b in torch.randperm(len(X)).split(60):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(X[b]), y[b])
        loss.backward()
        optimizer.step()
    if epoch % 20 == 0:
        print(epoch, loss.item())
