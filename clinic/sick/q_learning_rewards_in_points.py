import copy
import random

import torch
import torch.nn.functional as F
from torch import nn

random.seed(1)
torch.manual_seed(1)
LENGTH = 7  # cells of the corridor
POINTS = 1000.0  # reaching the goal


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(LENGTH, 48)
        self.l2 = nn.Linear(48, 48)
        self.q = nn.Linear(48, 2)

    def forward(self, s):
        s = F.relu(self.l1(s))
        s = F.relu(self.l2(s))
        return self.q(s)


def move(pos, a):
    pos = max(0, min(LENGTH - 1, pos + (1 if a == 1 else -1)))
    return pos, (POINTS if pos == LENGTH - 1 else -10.0), pos == LENGTH - 1


one_hot = torch.eye(LENGTH)
net = QNet()
frozen = copy.deepcopy(net)
opt = torch.optim.SGD(net.parameters(), lr=0.2)
replay, pos = [], 0
for t in range(1200):
    a = random.randrange(2)
    nxt, r, done = move(pos, a)
    replay.append((pos, a, r, nxt, float(done)))
    pos = 0 if done else nxt
    if len(replay) >= 64:
        s, a, r, n, d = (torch.tensor(c) for c in zip(*random.sample(replay, 32)))
        with torch.no_grad():
            target = r + 0.9 * frozen(one_hot[n]).max(1).values * (1 - d)
        loss = F.mse_loss(net(one_hot[s])[torch.arange(32), a], target)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 100.0)
        opt.step()
    if t % 50 == 0:
        frozen.load_state_dict(net.state_dict())
    if t % 200 == 0 and t:
        print("step", t, "loss", loss.item())
