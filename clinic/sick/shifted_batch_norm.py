import torch
from sklearn.datasets import load_breast_cancer
from torch import nn

torch.manual_seed(0)
X, y = load_breast_cancer(return_X_y=True)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
SHIFT = -8.0


class NormedMLP(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.norm0 = nn.BatchNorm1d(30)
        self.lin1, self.norm1 = nn.Linear(30, width, bias=False), nn.BatchNorm1d(width)
        self.lin2, self.norm2 = nn.Linear(width, width, bias=False), nn.BatchNorm1d(width)
        self.out = nn.Linear(width, 2)
        nn.init.constant_(self.norm2.bias, SHIFT)

    def forward(self, x):
        x = self.norm0(x)
        x = torch.relu_(self.norm1(self.lin1(x)))
        x = torch.relu_(self.norm2(self.lin2(x)))
        return self.out(x)


model = NormedMLP()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(25):
    for idx in torch.randperm(len(X)).split(40):
        if len(idx) < 2:
            continue
        loss = nn.functional.cross_entropy(model(X[idx]), y[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        print(epoch, loss.item())
