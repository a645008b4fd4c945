import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
t = torch.tensor(digits.target)

cnn = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(),
    nn.Conv2d(16, 16, 3), nn.ReLU(),
    nn.Flatten(), nn.Linear(256, 10),
)
sgd = torch.optim.SGD(cnn.parameters(), lr=3e-5, momentum=0.9, weight_decay=1e-4)
ce = nn.CrossEntropyLoss()
for epoch in range(8):
    cnn.train()
    seen = 0.0
    for batch in torch.randperm(len(x)).split(32):
        sgd.zero_grad()
        loss = ce(cnn(x[batch]), t[batch])
        loss.backward()
        sgd.step()
        seen += loss.item() * len(batch)
    print(f"{epoch} {seen / len(x):.4f}")
