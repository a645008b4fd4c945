import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class Small(nn.Module):
    def __init__(self, groups=4):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.gn1 = nn.GroupNorm(groups, 16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.gn2 = nn.GroupNorm(groups, 32)
        self.fc = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = F.max_pool2d(F.silu(self.gn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.silu(self.gn2(self.conv2(x))), 2)
        return self.fc(x.flatten(1))


def accuracy_on(net, part):
    net.eval()
    hits = 0
    with torch.no_grad():
        for x, y in DataLoader(part, batch_size=200):
            hits += (net(x).argmax(1) == y).sum().item()
    net.train()
    return hits / len(part)


torch.manual_seed(16)
digits = load_digits()
everything = TensorDataset(torch.tensor(digits.images).float()[:, None] / 16, torch.tensor(digits.target))
train_part, test_part = random_split(everything, [1437, 360])
images, targets = train_part[:]
test_images, test_targets = test_part[:]

net = Small()
optimizer = torch.optim.SGD(net.parameters(), lr=0.005, momentum=0.8)
for epoch in range(2):
    for i, (x, y) in enumerate(DataLoader(train_part, batch_size=2, shuffle=True)):
        loss = F.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if i % 120 == 0:
            print(f"epoch {epoch} batch {i} loss {loss.item():.3f}")
    print("test accuracy", accuracy_on(net, test_part))
