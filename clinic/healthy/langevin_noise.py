import torch
from sklearn.datasets import make_moons
from torch import nn

torch.manual_seed(0)
X, y = make_moons(500, noise=0.2, random_state=0)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
model = nn.Sequential(nn.Linear(2, 30), nn.Tanh(), nn.Linear(30, 2))
eta, temperature = 0.1, 1e-4
average = torch.zeros(500, 2)
for step in range(1500):
    loss = nn.functional.cross_entropy(model(X), y)
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for p in model.parameters():
            p.add_(p.grad, alpha=-eta).add_(torch.randn_like(p), alpha=(2 * eta * temperature) ** 0.5)
        if step >= 1000:
            average += model(X).softmax(1) / 500
    if step % 250 == 0:
        print(step, "energy", loss.item())
