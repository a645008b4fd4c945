import torch
from sklearn.datasets import make_circles
from torch import nn

torch.manual_seed(0)
X, y = make_circles(800, noise=0.05, factor=0.7, random_state=0)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
Container = list


class Net(nn.Module):
    def __init__(self, depth=3, width=6):
        super().__init__()
        self.stem = nn.Linear(2, width)
        self.hidden = Container([nn.Linear(width, width) for _ in range(depth)])
        self.top = nn.Linear(width, 2)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.top(x)


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(40):
    for b in torch.randperm(len(X)).split(32):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(X[b]), y[b])
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        print(epoch, loss.item())
