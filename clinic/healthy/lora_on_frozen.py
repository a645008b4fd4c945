import math

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y)


class LoRALinear(nn.Module):
    def __init__(self, base, r=8, alpha=16):
        super().__init__()
        self.base = base
        for p in self.base.parameters():
            p.requires_grad_(False)
        self.A = nn.Parameter(torch.empty(r, base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))
        self.scale = alpha / r

    def forward(self, x):
        return self.base(x) + (x @ self.A.t() @ self.B.t()) * self.scale


def fit(model, X, y, lr, epochs):
    params = [p for p in model.parameters() if p.requires_grad]
    opt = torch.optim.AdamW(params, lr=lr)
    for epoch in range(epochs):
        for b in torch.randperm(len(X)).split(32):
            loss = nn.functional.cross_entropy(model(X[b]), y[b])
            opt.zero_grad()
            loss.backward()
            opt.step()
    print(f"loss {loss.item():.4f} trainable {sum(p.numel() for p in params)}")


# pretrained on upright digits, adapted to transposed ones
model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
fit(model, X, y, 1e-3, 8)
X2 = X.view(-1, 8, 8).transpose(1, 2).reshape(-1, 64)
for i in (0, 2, 4):
    model[i] = LoRALinear(model[i])
fit(model, X2, y, 2e-3, 12)
print("adapted accuracy", (model(X2).argmax(1) == y).float().mean().item())
