"""A recurrent net of ReLUs, begun at the identity, keeps the total of the marked entries."""
import argparse

import torch
import torch.nn as nn

cli = argparse.ArgumentParser()
cli.add_argument("--steps", type=int, default=800)
cli.add_argument("--hidden", type=int, default=32)
cli.add_argument("--length", type=int, default=30)
cli.add_argument("--lr", type=float, default=0.002)
cli.add_argument("--clip", type=float, default=1.0)
opts = cli.parse_args()

torch.manual_seed(5)
values = torch.rand(1500, opts.length, 1)
marks = (torch.rand(1500, opts.length, 1) < 0.2).float()
series = torch.cat([values, marks], 2)
totals = (values * marks).sum(1)


class Adder(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.rnn = nn.RNN(2, hidden, nonlinearity="relu", batch_first=True)
        self.out = nn.Linear(hidden, 1)
        nn.init.eye_(self.rnn.weight_hh_l0)
        nn.init.normal_(self.rnn.weight_ih_l0, std=0.1)
        nn.init.zeros_(self.rnn.bias_hh_l0)
        nn.init.zeros_(self.rnn.bias_ih_l0)

    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1])


adder = Adder(opts.hidden)
mse = nn.MSELoss()
optimizer = torch.optim.SGD(adder.parameters(), lr=opts.lr, momentum=0.9)
for step in range(opts.steps):
    rows = torch.randint(0, len(series), (32,))
    optimizer.zero_grad()
    loss = mse(adder(series[rows]), totals[rows])
    nn.utils.clip_grad_norm_(adder.parameters(), opts.clip)
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print("step", step, "mse", loss.item())
