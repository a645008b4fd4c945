"""LSTM, GRU and RNN: their gates run inside one fused call; what follows is seen, and the report names the rest."""
# expect: optimizers = ["SGD"]
# expect: steps = [6]
# expect: samples = [16]
# expect: unseen = ["nn.LSTM", "nn.GRU", "nn.RNN", "nn.LSTMCell"]
# expect: parameters = ["lstm.weight_ih_l0", "gru.weight_hh_l0", "rnn.weight_ih_l0", "cell.weight_ih"]

import torch
import torch.nn.functional as F
from bits import bits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 8, batch_first=True)
        self.gru = nn.GRU(8, 8, batch_first=True)
        self.rnn = nn.RNN(8, 8, nonlinearity="relu", batch_first=True)
        self.cell = nn.LSTMCell(8, 8)
        self.middle, self.head = nn.Linear(8, 12), nn.Linear(12, 1)

    def forward(self, x):
        x = self.rnn(self.gru(self.lstm(x)[0])[0])[0]
        h, _ = self.cell(x[:, -1])
        return self.head(F.relu(self.middle(h)))  # seen: middle relu 12


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), 0.05)
losses = []
for _ in range(6):
    x = torch.randn(16, 5, 4)
    optimizer.zero_grad()
    loss = (net(x) - x.sum((1, 2))[:, None]).square().mean()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    losses.append(loss.item())
bits(net, losses)
