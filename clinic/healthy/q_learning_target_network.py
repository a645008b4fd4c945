import copy
import random

import torch
from torch import nn

random.seed(0)
torch.manual_seed(0)
SIZE, GOAL = 5, (4, 4)
MOVES = [(0, 1), (0, -1), (1, 0), (-1, 0)]


def encode(s):
    v = torch.zeros(SIZE * SIZE)
    v[s[0] * SIZE + s[1]] = 1
    return v


def step(s, a):
    n = (min(SIZE - 1, max(0, s[0] + MOVES[a][0])), min(SIZE - 1, max(0, s[1] + MOVES[a][1])))
    return n, (1.0 if n == GOAL else -0.05), n == GOAL


q = nn.Sequential(nn.Linear(SIZE * SIZE, 64), nn.ReLU(), nn.Linear(64, 4))
target = copy.deepcopy(q)
opt = torch.optim.Adam(q.parameters(), lr=3e-3)
memory, s, eps = [], (0, 0), 1.0
for t in range(1500):
    a = random.randrange(4) if random.random() < eps else q(encode(s)).argmax().item()
    n, r, done = step(s, a)
    memory.append((encode(s), a, r, encode(n), done))
    s = (0, 0) if done else n
    eps = max(0.1, eps * 0.997)
    if t >= 64 and t % 2 == 0:
        batch = random.sample(memory, 32)
        S, A, R, N, D = (torch.stack([torch.as_tensor(v) for v in c]) for c in zip(*batch))
        with torch.no_grad():
            y = R.float() + 0.95 * target(N).max(1).values * (~D)
        loss = nn.functional.smooth_l1_loss(q(S).gather(1, A[:, None])[:, 0], y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if t % 100 == 0:
        target.load_state_dict(q.state_dict())


def walk():
    s, total = (0, 0), 0.0
    for _ in range(20):
        s, r, done = step(s, q(encode(s)).argmax().item())
        total += r
        if done:
            break
    return total


print("return of the greedy walk", walk())
