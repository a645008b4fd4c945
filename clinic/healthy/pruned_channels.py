import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.nn.utils import prune

torch.manual_seed(0)
d = load_digits()
X = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(d.target)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 24, 3, padding=1)
        self.fc1 = nn.Linear(24 * 16, 80)
        self.fc2 = nn.Linear(80, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.conv(x)), 2)
        x = torch.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


def train(model, epochs, lr):
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    for epoch in range(epochs):
        for b in torch.randperm(len(X)).split(64):
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(X[b]), y[b])
            loss.backward()
            opt.step()
        print(f"epoch {epoch} loss {loss.item():.4f}")


model = Net()
train(model, 6, 2e-3)
# throw the weaker half of the channels and units away, then train on
for layer in (model.conv, model.fc1):
    prune.ln_structured(layer, "weight", amount=0.5, n=2, dim=0)
    silent = (layer.weight_mask.flatten(1).sum(1) == 0).float()
    prune.custom_from_mask(layer, "bias", 1 - silent)
train(model, 5, 1e-3)
