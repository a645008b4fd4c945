"""Keep a stick upright by pushing left or right: REINFORCE, one episode per update."""
import random

import torch
from torch import nn

random.seed(4)
torch.manual_seed(4)
LIMIT, LONGEST = 1.0, 60


class Stick:
    def reset(self):
        self.angle = random.uniform(-0.9, 0.9)
        self.speed = random.uniform(-0.6, 0.6)
        self.t = 0
        return (self.angle, self.speed)

    def push(self, right: bool):
        self.speed += 0.15 * self.angle + (0.2 if right else -0.2)
        self.angle += 0.25 * self.speed
        self.t += 1
        return (self.angle, self.speed), abs(self.angle) > LIMIT or self.t >= LONGEST


policy = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 1))
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
grid = torch.cartesian_prod(torch.linspace(-1, 1, 15), torch.linspace(-1, 1, 15))


def discounted(rewards, gamma=0.97):
    out, g = [], 0.0
    for r in reversed(rewards):
        g = r + gamma * g
        out.append(g)
    return torch.tensor(out[::-1])


def survival(episodes=30):
    kept, state, env = 0, random.getstate(), Stick()
    random.seed(99)
    with torch.no_grad():
        for _ in range(episodes):
            s, done = env.reset(), False
            while not done:
                s, done = env.push(policy(torch.tensor(s)).item() > 0)
            kept += env.t
    random.setstate(state)
    return kept / episodes


env = Stick()
for episode in range(400):
    s, done, logps, rewards = env.reset(), False, [], []
    while not done:
        logit = policy(torch.tensor(s)).squeeze()
        right = random.random() < torch.sigmoid(logit).item()
        logps.append(nn.functional.logsigmoid(logit if right else -logit))
        s, done = env.push(right)
        rewards.append(1.0)
    returns = discounted(rewards)
    returns = (returns - returns.mean()) / (returns.std() + 1e-6)
    loss = -(torch.stack(logps) * returns).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if episode % 40 == 0:
        print(f"episode {episode} lasted {env.t}")
print("mean survival", survival())
