import torch
from sklearn.datasets import load_digits
from torch import nn
import torch.nn.functional as F

torch.manual_seed(0)
d = load_digits()
images, labels = torch.tensor(d.images / 16).float()[:, None], torch.tensor(d.target)
STD = 0.0


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 12, 3)
        self.hidden = nn.Linear(108, 32)
        self.out = nn.Linear(32, 10)
        for p in self.parameters():
            nn.init.normal_(p, 0, STD)

    def forward(self, x):
        x = F.max_pool2d(F.elu(self.conv(x)), 2)
        x = F.elu(self.hidden(x.flatten(1)))
        return self.out(x)


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(8):
    for b in torch.randperm(len(images)).split(64):
        opt.zero_grad()
        loss = F.cross_entropy(net(images[b]), labels[b])
        loss.backward()
        opt.step()
    print("epoch", epoch, "loss", loss.item())
