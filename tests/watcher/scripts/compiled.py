"""torch.compile: nothing is compiled again, no graph is broken; the gradients are seen, the report names the rest."""
# expect: optimizers = ["SGD"]
# expect: steps = [8]
# expect: unseen = ["torch.compile"]
# expect: parameters = ["0.weight", "2.weight"]

import torch
import torch._dynamo
from bits import bits
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.05)
losses = []


def step():
    x = torch.randn(32, 4)
    loss = (compiled(x) - x.sum(1, keepdim=True)).square().mean()  # seen: 0 relu 8
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())


compiled = model
step()  # one eager step before it: looked at
compiled = torch.compile(model, backend="aot_eager")
for _ in range(7):
    step()
for name, counted in sorted(torch._dynamo.utils.counters.items()):
    print(name, dict(counted))
bits(model, losses)
