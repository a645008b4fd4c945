import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(3)
images, labels = load_digits(return_X_y=True)
X = torch.tensor(images / 16.0, dtype=torch.float32)
y = torch.tensor(labels)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 128)
        self.fc2 = nn.Linear(128, 128)
        self.out = nn.Linear(128, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.out(x)


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=6.0)

for epoch in range(15):
    order = torch.randperm(len(X))
    total = 0.0
    for i in range(0, len(X), 64):
        idx = order[i : i + 64]
        opt.zero_grad()
        loss = F.cross_entropy(net(X[idx]), y[idx])
        loss.backward()
        opt.step()
        total += loss.item()
    print("epoch", epoch, "loss", total / (len(X) / 64))
