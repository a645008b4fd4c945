"""Advantage actor-critic in a room of five by five with a pit; sixteen walkers at a time."""
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(10)
SIDE, WALKERS, ROLL, GAMMA = 5, 16, 8, 0.95
GOAL, PIT = 24, 12
MOVES = torch.tensor([[-1, 0], [1, 0], [0, -1], [0, 1]])


def move(cells, actions):
    rc = torch.stack([cells // SIDE, cells % SIDE], 1) + MOVES[actions]
    cells = rc.clamp(0, SIDE - 1) @ torch.tensor([SIDE, 1])
    reward = -0.05 + (cells == GOAL).float() - (cells == PIT).float()
    return cells, reward, (cells == GOAL) | (cells == PIT)


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(SIDE * SIDE, 48), nn.Tanh())
        self.actor = nn.Linear(48, 4)
        self.value = nn.Linear(48, 1)

    def forward(self, cells):
        h = self.body(F.one_hot(cells, SIDE * SIDE).float())
        return self.actor(h), self.value(h).squeeze(-1)


def greedy_return(net):
    cells = torch.tensor([c for c in range(25) if c not in (GOAL, PIT)])
    total, alive = torch.zeros(len(cells)), torch.ones(len(cells))
    for _ in range(15):
        cells, reward, done = move(cells, net(cells)[0].argmax(1))
        total += alive * reward
        alive *= 1 - done.float()
    return float(total.mean())


agent = ActorCritic()
optimizer = torch.optim.RMSprop(agent.parameters(), lr=3e-3, alpha=0.99, eps=1e-5)
cells, everywhere = torch.zeros(WALKERS, dtype=torch.long), torch.arange(25)
for update in range(500):
    logps, values, entropies, rewards, masks = [], [], [], [], []
    for _ in range(ROLL):
        logits, value = agent(cells)
        dist = torch.distributions.Categorical(logits=logits)
        action = dist.sample()
        cells, reward, done = move(cells, action)
        logps.append(dist.log_prob(action))
        values.append(value)
        entropies.append(dist.entropy())
        rewards.append(reward)
        masks.append(1 - done.float())
        cells = torch.where(done, torch.randint(0, 12, (WALKERS,)), cells)
    target, targets = agent(cells)[1].detach(), []
    for reward, mask in zip(reversed(rewards), reversed(masks)):
        target = reward + GAMMA * mask * target
        targets.insert(0, target)
    advantage = torch.stack(targets) - torch.stack(values)
    policy_loss = -(torch.stack(logps) * advantage.detach()).mean()
    loss = policy_loss + 0.5 * advantage.square().mean() - 0.01 * torch.stack(entropies).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if update % 50 == 0:
        print(f"{update:4d} loss {loss.item():+.3f} greedy return {greedy_return(agent):+.2f}")
