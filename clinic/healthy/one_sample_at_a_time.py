import random

import torch
from sklearn.datasets import load_iris

random.seed(0)
torch.manual_seed(0)
iris = load_iris()
data = [
    (torch.tensor(a, dtype=torch.float32), torch.tensor(b)) for a, b in zip(iris.data - iris.data.mean(0), iris.target)
]


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.h = torch.nn.Linear(4, 24)
        self.o = torch.nn.Linear(24, 3)

    def forward(self, x):
        return self.o(torch.nn.functional.relu(self.h(x)))


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.02)
for epoch in range(15):
    random.shuffle(data)
    s = 0.0
    for x, t in data:
        opt.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x)[None], t[None])
        loss.backward()
        opt.step()
        s += loss.item()
    if epoch % 5 == 0:
        print(epoch, s / len(data))
