import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y)
smooth = nn.CrossEntropyLoss(label_smoothing=0.1)
model = nn.Sequential(nn.Linear(64, 128), nn.Hardswish(), nn.Dropout(0.5), nn.Linear(128, 10))
opt = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
sched = CosineAnnealingWarmRestarts(opt, T_0=112, eta_min=0)
for epoch in range(16):
    model.train()
    for b in torch.randperm(len(X)).split(64):
        opt.zero_grad()
        loss = smooth(model(X[b]), y[b])
        loss.backward()
        opt.step()
        sched.step()
    model.eval()
    with torch.no_grad():
        full = smooth(model(X), y).item()
    print(f"epoch {epoch:2d} lr {sched.get_last_lr()[0]:.3f} loss {full:.4f}")
