"""Reinforcement learning: many rollouts under no_grad, which are no training, for each step."""
# expect: optimizers = ["Adam"]
# expect: steps = [6]
# expect: samples = [40]

import torch
from bits import bits
from torch import nn

torch.manual_seed(0)
policy = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.Adam(policy.parameters(), 1e-2)
losses = []
for _ in range(6):
    states, actions = [], []
    state = torch.zeros(4)
    for _ in range(40):
        with torch.no_grad():
            action = torch.distributions.Categorical(logits=policy(state)).sample()
        states.append(state)
        actions.append(action)
        state = 0.9 * state + torch.randn(4) * (1 + action)
    chosen = torch.distributions.Categorical(logits=policy(torch.stack(states)))  # seen: 0 relu 16
    rewards = torch.stack(states).square().sum(1)
    loss = -(chosen.log_prob(torch.stack(actions)) * (rewards - rewards.mean())).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(policy, losses)
