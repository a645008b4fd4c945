import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
d = load_digits()
X, digit = torch.tensor(d.data / 16, dtype=torch.float32), torch.tensor(d.target)
tasks = {"digit": (digit, 10), "parity": (digit % 2, 2), "large": ((digit > 4).long(), 2)}


class MultiTask(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 48), nn.ReLU())
        self.heads = nn.ModuleDict({name: nn.Linear(48, n) for name, (_, n) in tasks.items()})

    def forward(self, x, task):
        return self.heads[task](self.trunk(x))


model = MultiTask()
optimizer = torch.optim.NAdam(model.parameters(), lr=2e-3)
names = list(tasks)
for step in range(600):
    task = names[step % 3]
    b = torch.randint(len(X), (48,))
    loss = F.cross_entropy(model(X[b], task), tasks[task][0][b])
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if step % 100 < 3:
        print(f"step {step} {task}: {loss.item():.4f}")
