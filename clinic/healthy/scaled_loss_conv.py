import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.images / 16).float()[:, None]
y = torch.tensor(digits.target)


class CNN(nn.Module):
    def __init__(self, act):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), act, nn.Conv2d(16, 16, 3, stride=2, padding=1), act, nn.Flatten()
        )
        self.head = nn.Linear(256, 10)

    def forward(self, x):
        return self.head(self.body(x))


model = CNN(nn.ReLU6())
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16)
for epoch in range(8):
    for b in torch.randperm(len(X)).split(64):
        optimizer.zero_grad()
        with torch.autocast(device_type="cpu", dtype=torch.bfloat16):
            loss = nn.functional.cross_entropy(model(X[b]), y[b])
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
    print(f"epoch {epoch}, loss {loss.item():.4f}, scale {scaler.get_scale()}")
