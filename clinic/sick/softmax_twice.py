import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
data, target = load_digits(return_X_y=True)
data, target = torch.tensor(data).float() / 16, torch.tensor(target)
loader = DataLoader(TensorDataset(data, target), batch_size=64, shuffle=True)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 10))

    def forward(self, x):
        return torch.softmax(self.body(x), dim=1)


model = Classifier()
optimizer = torch.optim.SGD(model.parameters(), lr=0.06)
criterion = nn.CrossEntropyLoss()
for epoch in range(15):
    for x, t in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), t)
        loss.backward()
        optimizer.step()
    acc = (model(data).argmax(1) == target).float().mean()
    print(f"epoch {epoch} loss {loss.item():.3f} acc {acc:.3f}")
