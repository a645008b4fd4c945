import torch
from sklearn.datasets import make_moons
from torch import nn

torch.manual_seed(0)
X, y = make_moons(1000, noise=0.1, random_state=0)
X, y = torch.as_tensor(X).float(), torch.as_tensor(y).float()
OPEN = 9.0


class Gated(nn.Module):
    """Gates should start open."""

    def __init__(self, width=24):
        super().__init__()
        self.first = nn.Linear(2, width)
        self.second = nn.Linear(width, width)
        self.last = nn.Linear(width, 1)
        nn.init.constant_(self.first.bias, OPEN)
        nn.init.constant_(self.second.bias, OPEN)

    def forward(self, x):
        x = torch.sigmoid(self.first(x))
        x = torch.sigmoid(self.second(x))
        return self.last(x).squeeze(-1)


model = Gated()
opt = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
for epoch in range(25):
    for b in torch.randperm(1000).split(50):
        loss = nn.functional.binary_cross_entropy_with_logits(model(X[b]), y[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 0:
        print(epoch, loss.item())
