import torch
from torch import nn
from torch.distributions import Categorical

torch.manual_seed(4)
N, STEPS = 9, 24


class Corridor:
    """Start in the middle, walk to the right end; every step costs a little."""

    def reset(self):
        self.pos, self.t = N // 2, 0
        return self.obs()

    def obs(self):
        return torch.nn.functional.one_hot(torch.tensor(self.pos), N).float()

    def step(self, action):
        self.pos = max(0, min(N - 1, self.pos + (1 if action else -1)))
        self.t += 1
        done = self.pos == N - 1 or self.t >= STEPS
        return self.obs(), (1.0 if self.pos == N - 1 else -0.02), done


policy = nn.Sequential(nn.Linear(N, 32), nn.ReLU(), nn.Linear(32, 2))
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
env = Corridor()
returns = []
for episode in range(250):
    state, log_probs, rewards, done = env.reset(), [], [], False
    while not done:
        dist = Categorical(logits=policy(state))
        a = dist.sample()
        log_probs.append(dist.log_prob(a))
        state, r, done = env.step(a.item())
        rewards.append(r)
    R, G = 0.0, []
    for r in reversed(rewards):
        R = r + 0.97 * R
        G.insert(0, R)
    G = torch.tensor(G)
    baseline = sum(returns[-20:]) / max(1, len(returns[-20:]))
    loss = -(torch.stack(log_probs) * (G - baseline)).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    returns.append(G[0].item())
    if episode % 50 == 0:
        print(episode, "return", round(returns[-1], 3))
