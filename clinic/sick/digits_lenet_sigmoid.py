import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
d = load_digits()
images = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
target = torch.tensor(d.target)
train = DataLoader(TensorDataset(images[:1200], target[:1200]), 32, shuffle=True)


class LeNet(nn.Module):
    def __init__(self, act):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 3, padding=1),
            act(),
            nn.Conv2d(6, 6, 3, padding=1),
            act(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 12, 3, padding=1),
            act(),
            nn.Conv2d(12, 12, 3, padding=1),
            act(),
            nn.AvgPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(48, 40), act(), nn.Linear(40, 30), act(), nn.Linear(30, 10)
        )

    def forward(self, x):
        return self.classifier(self.features(x))


model = LeNet(act=nn.Sigmoid)
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
lossf = nn.CrossEntropyLoss()
for epoch in range(12):
    model.train()
    for xb, yb in train:
        opt.zero_grad()
        loss = lossf(model(xb), yb)
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        acc = (model(images[1200:]).argmax(1) == target[1200:]).float().mean()
    print(f"epoch {epoch} train {loss.item():.3f} test acc {acc:.3f}")
