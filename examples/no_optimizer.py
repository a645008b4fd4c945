"""Gradient descent by hand: plain tensors, no module, no optimizer. The rate is far too high, and the units die."""

import torch
from sklearn.datasets import load_digits

torch.manual_seed(0)

X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X, dtype=torch.float32) / 16, torch.tensor(y)

W1 = (torch.randn(64, 128) * (2 / 64) ** 0.5).requires_grad_()
b1 = torch.zeros(128, requires_grad=True)
W2 = (torch.randn(128, 10) * (2 / 128) ** 0.5).requires_grad_()
b2 = torch.zeros(10, requires_grad=True)

for step in range(300):
    batch = torch.randint(len(X), (100,))
    hidden = torch.relu(X[batch] @ W1 + b1)
    logits = hidden @ W2 + b2
    loss = torch.nn.functional.cross_entropy(logits, y[batch])
    loss.backward()
    with torch.no_grad():
        for p in (W1, b1, W2, b2):
            p -= 5.0 * p.grad
            p.grad.zero_()
    if step % 100 == 99:
        print(f"step {step + 1}  loss {loss.item():.3f}")
