import torch
from sklearn.datasets import make_classification
from sklearn.metrics import roc_auc_score
from torch import nn

torch.manual_seed(0)
X, y = make_classification(6000, 16, n_informative=6, weights=[0.98], flip_y=0, class_sep=1.6, random_state=4)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)

model = nn.Sequential(nn.Linear(16, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 1))
nn.init.constant_(model[-1].bias, -3.9)  # log(0.02 / 0.98)


def focal(logit, target, gamma=2.0):
    p = torch.sigmoid(logit)
    pt = torch.where(target > 0.5, p, 1 - p)
    return ((1 - pt) ** gamma * -torch.log(pt.clamp(min=1e-7))).mean()


opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(12):
    for b in torch.randperm(len(X)).split(128):
        loss = focal(model(X[b]).squeeze(1), y[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        auc = roc_auc_score(y, model(X).squeeze(1))
    print(f"epoch {epoch} focal loss {loss.item():.5f} auc {auc:.3f}")
