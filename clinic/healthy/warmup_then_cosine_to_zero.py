import math

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32).view(-1, 8, 8) / 16
y = torch.tensor(y)


class TinyTransformer(nn.Module):
    """Rows of the picture are the tokens."""

    def __init__(self, d=32, heads=4, layers=2):
        super().__init__()
        self.proj = nn.Linear(8, d)
        self.pos = nn.Parameter(torch.zeros(1, 8, d))
        layer = nn.TransformerEncoderLayer(d, heads, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d)
        self.head = nn.Linear(d, 10)

    def forward(self, x):
        x = self.encoder(self.proj(x) + self.pos)
        return self.head(self.norm(x.mean(1)))


model = TinyTransformer()
total, warmup = 450, 50
opt = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.05)
sched = torch.optim.lr_scheduler.LambdaLR(
    opt, lambda s: s / warmup if s < warmup else 0.5 * (1 + math.cos(math.pi * (s - warmup) / (total - warmup)))
)
for step in range(total):
    b = torch.randint(len(X), (64,))
    loss = nn.functional.cross_entropy(model(X[b]), y[b])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 90 == 0:
        print(f"step {step} lr {sched.get_last_lr()[0]:.2e} loss {loss.item():.3f}")
