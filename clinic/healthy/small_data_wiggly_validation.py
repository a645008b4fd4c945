import torch
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(3)
X, y = load_iris(return_X_y=True)
Xtr, Xva, ytr, yva = train_test_split(X, y, test_size=0.15, random_state=1, stratify=y)
mean, std = Xtr.mean(0), Xtr.std(0)
Xtr, Xva = (torch.tensor((a - mean) / std, dtype=torch.float32) for a in (Xtr, Xva))
ytr, yva = torch.tensor(ytr), torch.tensor(yva)

model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
loss_function = nn.CrossEntropyLoss()


def evaluate():
    model.eval()
    with torch.no_grad():
        out = model(Xva)
    model.train()
    return loss_function(out, yva).item(), (out.argmax(1) == yva).float().mean().item()


for epoch in range(50):
    for idx in torch.randperm(len(Xtr)).split(8):
        optimizer.zero_grad()
        loss = loss_function(model(Xtr[idx]), ytr[idx])
        loss.backward()
        optimizer.step()
    val_loss, val_acc = evaluate()
    if epoch % 5 == 0:
        print(f"epoch {epoch} train {loss.item():.3f} val {val_loss:.3f} acc {val_acc:.2f}")
