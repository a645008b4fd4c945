"""The adding problem: two of the numbers are marked, the net returns their sum."""
import torch
from torch import nn

torch.manual_seed(0)
LENGTH, BATCH = 30, 32


def problems(n):
    numbers = torch.rand(n, LENGTH)
    marks = torch.zeros(n, LENGTH)
    marks[torch.arange(n), torch.randint(0, LENGTH // 2, (n,))] = 1
    marks[torch.arange(n), torch.randint(LENGTH // 2, LENGTH, (n,))] = 1
    return torch.stack([numbers, marks], 2), (numbers * marks).sum(1, keepdim=True)


class Summer(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.gru = nn.GRU(2, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.readout(self.gru(x)[1][0])


questions, answers = problems(2000)
summer = Summer()
opt = torch.optim.Adam(summer.parameters(), lr=2e-3)
loss_fn = nn.MSELoss()
for step in range(900):
    q, a = problems(BATCH)
    loss = loss_fn(summer(q), a)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(summer.parameters(), 1.0)
    opt.step()
    if step % 100 == 0:
        print(f"{step:5d} mse {loss.item():.4f}")
