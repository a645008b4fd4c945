import numpy as np
import torch

np.random.seed(1)
torch.manual_seed(1)
x = np.random.uniform(-2, 2, size=(500, 3)).astype("float32")
y = (np.sin(x[:, 0]) + 0.5 * x[:, 1] ** 2 - x[:, 2]).astype("float32")
x, y = torch.from_numpy(x), torch.from_numpy(y)

w1 = torch.randn(3, 50) * 0.5
b1 = torch.zeros(50)
w2 = torch.randn(50) * 0.1
for p in (w1, b1, w2):
    p.requires_grad_(True)

learning_rate = 1e-5
for epoch in range(300):
    h = torch.tanh(x @ w1 + b1)
    err = h @ w2 - y
    loss = (err**2).mean()
    loss.backward()
    with torch.no_grad():
        for p in (w1, b1, w2):
            p -= learning_rate * p.grad
            p.grad = None
    if epoch % 60 == 0:
        print(epoch, loss.item())
