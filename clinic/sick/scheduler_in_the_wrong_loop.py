import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
train_set = TensorDataset(torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y))
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)


def train_one_epoch(model, loader, optimizer, scheduler):
    total = 0.0
    for inputs, labels in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item()
    return total / len(loader)


model = nn.Sequential(nn.Linear(64, 100), nn.Tanh(), nn.Linear(100, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
scheduler = ExponentialLR(optimizer, gamma=0.9)
for epoch in range(15):
    avg = train_one_epoch(model, train_loader, optimizer, scheduler)
    print(f"epoch {epoch}: lr {scheduler.get_last_lr()[0]:.2e} loss {avg:.4f}")
