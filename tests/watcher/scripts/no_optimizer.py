"""Plain tensors that the script moves itself: a backward call is a step, and layers have the variables' names."""
# expect: optimizers = ["backward"]
# expect: steps = [8]
# expect: samples = [32]
# expect: parameters = ["w1", "w2"]

import torch
from bits import bits

torch.manual_seed(0)
w1, w2 = torch.randn(4, 8, requires_grad=True), torch.randn(8, 1, requires_grad=True)
losses = []
for _ in range(8):
    loss = ((torch.randn(32, 4) @ w1).relu() @ w2).square().mean()  # seen: w1 relu 8
    loss.backward()
    with torch.no_grad():
        for w in (w1, w2):
            w -= 0.01 * w.grad
            w.grad = None
    losses.append(loss.item())
bits(w1, w2, losses)
