"""Re-entrant checkpoints without an optimizer: the backward calls inside the backward call are no steps."""
# expect: optimizers = ["backward"]
# expect: steps = [6]

import torch
from bits import bits
from torch import nn
from torch.utils.checkpoint import checkpoint

torch.manual_seed(0)
segment = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4))
losses = []
for _ in range(6):
    x = torch.randn(16, 4, requires_grad=True)
    loss = checkpoint(segment, checkpoint(segment, x, use_reentrant=True), use_reentrant=True).square().mean()
    loss.backward()  # seen: 0 relu 8
    with torch.no_grad():
        for p in segment.parameters():
            p -= 0.05 * p.grad
            p.grad = None
    losses.append(loss.item())
bits(segment, losses)
