"""Logits must not differ on average between two groups: a multiplier goes up as long as they do."""

import torch
from sklearn.datasets import make_classification
from torch import nn

torch.manual_seed(50)
features, label = make_classification(2400, 12, n_informative=8, n_redundant=0, n_clusters_per_class=2, class_sep=1.3, flip_y=0.02, random_state=50)
features = torch.tensor(features, dtype=torch.float32)
label = torch.tensor(label, dtype=torch.float32)
group = torch.rand(2400) < torch.where(label > 0.5, 0.62, 0.38)
features = torch.cat([features, group.float()[:, None] * 2 - 1], 1)

net = nn.Sequential(nn.Linear(13, 48), nn.Hardswish(), nn.Linear(48, 1), nn.Flatten(0))
price = torch.zeros(1, requires_grad=True)
descend = torch.optim.Adam(net.parameters(), lr=3e-3)
ascend = torch.optim.SGD([price], lr=0.05, maximize=True)
ALLOWED = 0.1


def gap(out, g):
    p = torch.sigmoid(out)
    return (p[g].mean() - p[~g].mean()).abs()


for epoch in range(25):
    for rows in torch.randperm(2400).split(120):
        out = net(features[rows])
        fit = nn.functional.binary_cross_entropy_with_logits(out, label[rows])
        excess = gap(out, group[rows]) - ALLOWED
        lagrangian = fit + price.clamp(min=0) * excess
        descend.zero_grad()
        ascend.zero_grad()
        lagrangian.sum().backward()
        descend.step()
        ascend.step()
        with torch.no_grad():
            price.clamp_(min=0)
    with torch.no_grad():
        whole = net(features)
        print(f"epoch {epoch} fit {fit.item():.3f} gap {gap(whole, group).item():.3f} price {price.item():.2f}")
