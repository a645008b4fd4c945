"""Compress digits to nine small integers and back."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(17)
pictures = torch.as_tensor(load_digits().data, dtype=torch.float32).div(16)
LEVELS, CODE = 7, 9


def quantise(z):
    """To the nearest of -3, -2, ..., 3."""
    half = LEVELS // 2
    z = half * torch.tanh(z)
    return z.round()


class Codec(nn.Module):
    def __init__(self):
        super().__init__()
        self.to_hidden = nn.Linear(64, 48)
        self.to_code = nn.Linear(48, CODE)
        self.norm = nn.LayerNorm(CODE)
        self.from_code = nn.Linear(CODE, 48)
        self.to_pixels = nn.Linear(48, 64)

    def encode(self, x):
        return quantise(self.norm(self.to_code(nn.functional.silu(self.to_hidden(x)))))

    def decode(self, q):
        return self.to_pixels(nn.functional.silu(self.from_code(q)))

    def forward(self, x):
        return self.decode(self.encode(x))


codec = Codec()
adam = torch.optim.Adam(codec.parameters(), lr=3e-3, betas=(0.9, 0.99))
for epoch in range(40):
    codec.train()
    error = 0.0
    for batch in torch.randperm(len(pictures)).split(64):
        loss = (codec(pictures[batch]) - pictures[batch]).pow(2).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        error += loss.item() * len(batch) / len(pictures)
    if epoch % 5 == 0:
        print(f"epoch {epoch:2d}: mean squared error {error:.4f}")
