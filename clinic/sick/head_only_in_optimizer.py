import torch
from sklearn.datasets import make_circles
from torch import nn

torch.manual_seed(0)
X, y = make_circles(1000, noise=0.06, factor=0.6, random_state=3)
X, y = torch.tensor(X).float(), torch.tensor(y)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 4)

    def forward(self, x):
        return torch.relu(self.fc(x))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.middle = nn.Linear(4, 8)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(torch.relu(self.middle(self.encoder(x))))


model = Model()
optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1)
for epoch in range(40):
    for b in torch.randperm(len(X)).split(50):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X[b]), y[b])
        loss.backward()
        optimizer.step()
    if epoch % 10 == 0:
        print(epoch, loss.item())
print("train accuracy:", (model(X).argmax(-1) == y).float().mean().item())
