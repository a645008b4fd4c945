import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(0)
d = load_digits()
X = torch.tensor(d.images / 16, dtype=torch.float32)[:, None]
y = torch.tensor(d.target)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 16, 3, padding=1)
        self.down = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.fc = nn.Linear(512, 64)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        x = torch.relu(self.down(x))
        x = torch.relu(self.fc(x.flatten(1)))
        return self.head(x)


def run(model, optimizer, epochs, name):
    for epoch in range(epochs):
        for b in torch.randperm(len(X)).split(64):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(X[b]), y[b])
            loss.backward()
            optimizer.step()
        print(name, epoch, round(loss.item(), 4))


model = Net()
run(model, torch.optim.Adam(model.parameters(), lr=1e-3), 4, "first")
run(model, torch.optim.Adam(model.parameters(), lr=0.3), 4, "second")
