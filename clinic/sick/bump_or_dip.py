"""Noisy series with a bump or a dip somewhere before their end; a recurrent net tells which."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(6)
COUNT, STEPS = 1200, 24


def series():
    kind = torch.randint(0, 2, (COUNT,))
    x = 0.4 * torch.randn(COUNT, STEPS, 2)
    for i in range(COUNT):
        at = int(torch.randint(2, STEPS - 8, (1,)))
        x[i, at : at + 5, 0] += 1.5 if kind[i] else -1.5
    return x, kind


curves, kind = series()


class Watcher(nn.Module):
    def __init__(self, features: int, hidden: int):
        super().__init__()
        self.lstm = nn.LSTM(features, hidden)
        self.decide = nn.Linear(hidden, 2)

    def forward(self, batch):
        states, _ = self.lstm(batch)
        return self.decide(states[:, -1])


watcher = Watcher(features=2, hidden=24)
optimiser = torch.optim.RMSprop(watcher.parameters(), lr=2e-3)
objective = nn.CrossEntropyLoss()
batches = DataLoader(TensorDataset(curves, kind), batch_size=40, shuffle=True)


def run_epoch() -> float:
    total = 0.0
    for batch, answer in batches:
        loss = objective(watcher(batch), answer)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += loss.item()
    return total / len(batches)


for epoch in range(20):
    print("epoch", epoch, "mean loss", round(run_epoch(), 4))
