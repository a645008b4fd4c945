import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images).float().unsqueeze(1) / 16
targets = torch.tensor(digits.target)
loader = DataLoader(TensorDataset(images, targets), batch_size=64, shuffle=True)


def conv_block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2))


model = nn.Sequential(conv_block(1, 8), conv_block(8, 16), nn.Flatten(), nn.Linear(64, 40), nn.Tanh(), nn.Linear(40, 10))
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.2, alpha=0.675)
criterion = nn.CrossEntropyLoss()
for epoch in range(16):
    hits = 0
    for x, t in loader:
        out = model(x)
        loss = criterion(out, t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        hits += int((out.argmax(1) == t).sum())
    print(f"Epoch {epoch}: loss {loss.item():.3f}, accuracy {hits / len(images):.3f}")
