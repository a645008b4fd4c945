import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X = torch.tensor(X / 16, dtype=torch.float32)
y = torch.tensor(y)


class SigmoidNet(nn.Module):
    def __init__(self, std):
        super().__init__()
        self.fc1 = nn.Linear(64, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 10)
        nn.init.normal_(self.fc1.weight, std=std)
        nn.init.normal_(self.fc2.weight, std=std)

    def forward(self, x):
        x = self.fc1(x).sigmoid()
        x = self.fc2(x).sigmoid()
        return self.fc3(x)


net = SigmoidNet(std=40.0)
opt = torch.optim.SGD(net.parameters(), lr=0.02)
for epoch in range(12):
    for b in torch.randperm(len(X)).split(64):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(X[b]), y[b])
        loss.backward()
        opt.step()
    print(epoch, loss.item())
