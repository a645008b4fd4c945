import torch
from sklearn.datasets import load_diabetes

torch.manual_seed(0)
data = load_diabetes(scaled=False)
x = torch.tensor(data.data, dtype=torch.float32)
t = torch.tensor(data.target, dtype=torch.float32)
t = (t - t.mean()) / t.std()
x = (x - x.mean(0)) / x.std(0)
x = torch.cat([x, x[:, :4] ** 2, x[:, 4:9] * x[:, :5]], dim=1)

w = torch.zeros(x.shape[1], requires_grad=True)
b = torch.zeros(1, requires_grad=True)
lr = 0.6

for step in range(200):
    pred = x @ w + b
    loss = ((pred - t) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad.zero_()
    b.grad.zero_()
    if step % 40 == 0:
        print("step", step, "loss", loss.item())
