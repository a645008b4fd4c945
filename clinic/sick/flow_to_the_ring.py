"""Two rings, told apart after the points have drifted along a learned field for one unit of time."""

import torch
import torch.nn.functional as F
from sklearn.datasets import make_circles

torch.manual_seed(1)
points, ring = make_circles(900, factor=0.4, noise=0.06, random_state=1)
points = torch.tensor(points, dtype=torch.float32)
ring = torch.tensor(ring, dtype=torch.float32)

horizon, steps, extra, width = 1.0, 24, 3, 24
dim = 2 + extra
V = (torch.randn(width, dim) * (2 / dim) ** 0.5).requires_grad_()
c = torch.zeros(width, requires_grad=True)
U = (torch.randn(dim, width) * 0.5 * (1 / width) ** 0.5).requires_grad_()
readout = (torch.randn(1, dim) * (1 / dim) ** 0.5).requires_grad_()
offset = torch.zeros(1, requires_grad=True)
weights = [V, c, U, readout, offset]


def drift(state):
    return F.linear(F.elu(F.linear(state, V, c)), U)


def forward(p):
    state = F.pad(p, (0, extra))
    dt = horizon
    for _ in range(steps):
        state = state + dt * drift(state)
    return F.linear(state, readout, offset).squeeze(1)


velocity = [torch.zeros_like(w) for w in weights]
for iteration in range(700):
    pick = torch.randint(0, len(points), (100,))
    loss = F.binary_cross_entropy_with_logits(forward(points[pick]), ring[pick])
    loss.backward()
    with torch.no_grad():
        for w, v in zip(weights, velocity):
            v.mul_(0.9).add_(w.grad.clamp(-0.1, 0.1))
            w -= 0.05 * v
            w.grad = None
    if iteration % 70 == 0:
        print(iteration, round(loss.item(), 4))
