import torch
from sklearn.datasets import make_circles
from torch import nn

torch.manual_seed(0)
X, y = make_circles(800, noise=0.08, factor=0.5, random_state=0)
X = torch.as_tensor(X, dtype=torch.float32)
y = torch.as_tensor(y, dtype=torch.float32)[:, None]


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(2, 32)
        self.l2 = nn.Linear(32, 32)
        self.l3 = nn.Linear(32, 1)
        for layer in (self.l1, self.l2, self.l3):
            nn.init.constant_(layer.weight, 0.05)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        x = torch.tanh(self.l1(x))
        x = torch.tanh(self.l2(x))
        return self.l3(x)


mlp = MLP()
opt = torch.optim.Adam(mlp.parameters(), 1e-2)
for step in range(800):
    idx = torch.randint(len(X), (64,))
    loss = nn.functional.binary_cross_entropy_with_logits(mlp(X[idx]), y[idx])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 200 == 0:
        print(step, loss.item())
print("acc", ((mlp(X) > 0) == (y > 0.5)).float().mean().item())
