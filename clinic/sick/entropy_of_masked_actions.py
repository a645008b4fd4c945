import torch
from torch import nn

torch.manual_seed(0)
N_STATES, N_ACTIONS = 12, 6
allowed = torch.rand(N_STATES, N_ACTIONS) < 0.6
allowed[:, 0] = True
value = torch.rand(N_STATES, N_ACTIONS) * allowed
EPS = 0.0


class Actor(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(N_STATES, 32)
        self.head = nn.Sequential(nn.Tanh(), nn.Linear(32, N_ACTIONS))

    def forward(self, s):
        logits = self.head(self.table(s))
        return torch.softmax(logits.masked_fill(~allowed[s], -1e9), dim=-1)


def objective(actor, s):
    p = actor(s)
    entropy = -(p * (p + EPS).log()).sum(-1)
    return -((p * value[s]).sum(-1) + 0.01 * entropy).mean()


actor = Actor()
optim = torch.optim.RMSprop(actor.parameters(), lr=5e-3)
for it in range(300):
    s = torch.randint(N_STATES, (16,))
    loss = objective(actor, s)
    optim.zero_grad()
    loss.backward()
    optim.step()
    if it % 60 == 0:
        print(it, loss.item())
