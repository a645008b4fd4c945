"""`model.compile()` and a compiled function: as torch.compile."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: unseen = ["torch.compile"]

import torch
import torch._dynamo
import torch.nn.functional as F
from bits import bits
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8))
head = nn.Linear(8, 1)
model.compile(backend="aot_eager")


@torch.compile(backend="aot_eager")
def finish(x):
    return head(F.relu(x))


optimizer = torch.optim.SGD([*model.parameters(), *head.parameters()], 0.05)
losses = []
for _ in range(6):
    optimizer.zero_grad()
    loss = finish(model(torch.randn(32, 4))).square().mean()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
for name, counted in sorted(torch._dynamo.utils.counters.items()):
    print(name, dict(counted))
bits(model, head, losses)
