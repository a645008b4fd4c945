import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
d = load_digits()
X, y = torch.tensor(d.data / 16, dtype=torch.float32), torch.tensor(d.target)


def evaluate(model, X):
    with torch.no_grad():
        return (model(X).argmax(1) == y).float().mean().item()


model = nn.Sequential(nn.Linear(64, 200), nn.GELU(), nn.LayerNorm(200), nn.Linear(200, 100), nn.GELU(), nn.Linear(100, 10))
pre = torch.optim.AdamW(model.parameters(), lr=1e-3)
for epoch in range(12):
    for b in torch.randperm(len(X)).split(64):
        pre.zero_grad()
        nn.functional.cross_entropy(model(X[b]), y[b]).backward()
        pre.step()
print("pretrained", evaluate(model, X))

# the same digits through another scanner: fine-tune all layers, gently
shifted = 0.85 * X + 0.15 * X.roll(1, 1) + 0.05
print("before fine-tuning", evaluate(model, shifted))
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5, weight_decay=0.01)
for epoch in range(6):
    total = 0.0
    for b in torch.randperm(len(X)).split(32):
        loss = nn.functional.cross_entropy(model(shifted[b]), y[b])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"fine-tuning epoch {epoch} loss {total:.3f} accuracy {evaluate(model, shifted):.3f}")
