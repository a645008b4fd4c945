"""Two samples a step at a constant, high rate; what is used in the end is the average of the weights."""
import torch
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.manual_seed(23)
wine = load_wine()
features = torch.tensor(StandardScaler().fit_transform(wine.data), dtype=torch.float32)
grape = torch.tensor(wine.target)


def build():
    return nn.Sequential(nn.Linear(13, 20), nn.Softplus(), nn.Linear(20, 3))


quick = build()
slow = AveragedModel(quick, multi_avg_fn=get_ema_multi_avg_fn(0.98))
optimizer = torch.optim.SGD(quick.parameters(), lr=0.1, weight_decay=1e-2)
loss_function = nn.CrossEntropyLoss()

losses = []
for step in range(1800):
    pair = torch.randint(0, len(features), (2,))
    noisy = features[pair] + 0.3 * torch.randn(2, 13)
    loss = loss_function(quick(noisy), grape[pair])
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    slow.update_parameters(quick)
    losses.append(loss.item())
    if (step + 1) % 300 == 0:
        acc = (slow(features).argmax(1) == grape).float().mean().item()
        print(f"step {step + 1} loss {sum(losses[-300:]) / 300:.3f} accuracy of the average {acc:.3f}")
