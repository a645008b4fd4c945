import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)
is_low = y < 5

# stage 1: a backbone trained on the digits 0..4
backbone = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU())
head = nn.Linear(128, 5)
opt = torch.optim.Adam([*backbone.parameters(), *head.parameters()], lr=1e-3)
Xa, ya = X[is_low], y[is_low]
for epoch in range(15):
    for b in torch.randperm(len(Xa)).split(32):
        loss = nn.functional.cross_entropy(head(backbone(Xa[b])), ya[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
print("stage 1", loss.item())

# stage 2: freeze it, new head for 5..9
for p in backbone.parameters():
    p.requires_grad = False
backbone.eval()
new_head = nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 5))
opt = torch.optim.Adam(new_head.parameters(), lr=2e-3)
Xb, yb = X[~is_low], y[~is_low] - 5
for epoch in range(25):
    for b in torch.randperm(len(Xb)).split(32):
        with torch.no_grad():
            features = backbone(Xb[b])
        loss = nn.functional.cross_entropy(new_head(features), yb[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
print("stage 2", loss.item(), (new_head(backbone(Xb)).argmax(1) == yb).float().mean().item())
