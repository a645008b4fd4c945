import numpy as np
import torch
from sklearn.datasets import load_breast_cancer

data = load_breast_cancer()
Z = (data.data - data.data.mean(0)) / data.data.std(0)
Z = torch.from_numpy(Z.astype(np.float32))
malignant = torch.from_numpy((data.target == 0).astype(np.float32))

gen = torch.Generator().manual_seed(8)
n, d = Z.shape
A = torch.randn(d, 20, generator=gen) / d**0.5
a = torch.rand(20, generator=gen) - 0.5
B = torch.randn(20, 12, generator=gen) / 20**0.5
b = torch.rand(12, generator=gen) - 0.5
C = torch.randn(12, generator=gen) / 12**0.5
c = torch.zeros(())
theta = [A, a, B, b, C, c]
for t in theta:
    t.requires_grad_(True)


def score_of(z):
    h = torch.tanh(z @ A + a)
    h = torch.tanh(h @ B + b)
    return h @ C + c


def cost(z, t):
    s = score_of(z)
    return (torch.clamp(s, min=0.0) - s * t + torch.log1p(torch.exp(-s.abs()))).mean()


lr = 0.08
for it in range(1900):
    J = cost(Z, malignant)
    J.backward()
    with torch.no_grad():
        for t in theta:
            t -= lr / n * t.grad
            t.grad.zero_()
    if it % 150 == 0:
        hits = ((score_of(Z) > 0).float() == malignant).float().mean().item()
        print("it", it, "J", round(J.item(), 4), "right", round(hits, 3))
