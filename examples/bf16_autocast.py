"""Mixed precision: the forward pass runs in bfloat16 under autocast. It learns, with gradients accumulated twice."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)

X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X, dtype=torch.float32) / 16, torch.tensor(y)

model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=200)

for step in range(200):
    for batch in torch.randint(len(X), (2, 64)):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch]) / 2
        loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    scheduler.step()
    if step % 50 == 49:
        print(f"step {step + 1}  loss {2 * loss.item():.3f}")
