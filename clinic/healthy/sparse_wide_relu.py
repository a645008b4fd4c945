import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
data = load_digits()
X = torch.tensor(data.data, dtype=torch.float32)
X = (X - X.mean(0)) / (X.std(0) + 0.1)
y = torch.tensor(data.target)


class WideNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.Linear(64, 1024)
        self.act = nn.ReLU()
        self.down = nn.Linear(1024, 10)
        nn.init.kaiming_normal_(self.up.weight)
        with torch.no_grad():
            self.up.bias.fill_(-2.0)

    def forward(self, x):
        return self.down(self.act(self.up(x)))


net = WideNet()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(15):
    for b in torch.randperm(len(X)).split(64):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(X[b]), y[b])
        loss.backward()
        opt.step()
    print(epoch, round(loss.item(), 4))
hidden = net.act(net.up(X))
print("zeros", (hidden == 0).float().mean().item(), "never used", (hidden == 0).all(0).float().mean().item())
