"""Bayesian personalised ranking on implicit feedback, Adagrad."""
import argparse

import torch
from torch import Tensor, nn

parser = argparse.ArgumentParser(description="BPR")
parser.add_argument("--factors", type=int, default=8)
parser.add_argument("--lr", type=float, default=0.5)
parser.add_argument("--steps", type=int, default=900)
parser.add_argument("--reg", type=float, default=3e-4)
a = parser.parse_args()
torch.manual_seed(14)

N_USERS, N_ITEMS = 200, 150
affinity = torch.randn(N_USERS, 3) @ torch.randn(3, N_ITEMS)
bought = (affinity + 0.5 * torch.randn(N_USERS, N_ITEMS)) > 1.8
pairs = bought.nonzero()
hidden_part = torch.rand(len(pairs)) < 0.2
test_pairs, train_pairs = pairs[hidden_part], pairs[~hidden_part]


class Ranker(nn.Module):
    def __init__(self, k: int) -> None:
        super().__init__()
        self.p = nn.Embedding(N_USERS, k)
        self.q = nn.Embedding(N_ITEMS, k)
        self.popular = nn.Embedding(N_ITEMS, 1)
        for e, s in ((self.p, 0.1), (self.q, 0.1), (self.popular, 0.0)):
            nn.init.normal_(e.weight, std=s) if s else nn.init.zeros_(e.weight)

    def forward(self, u: Tensor, i: Tensor) -> Tensor:
        return (self.p(u) * self.q(i)).sum(-1) + self.popular(i).squeeze(-1)


def auc(m: Ranker) -> float:
    """Share of held-out purchases that stand above what was never bought."""
    u, i = test_pairs.T
    j = torch.randint(0, N_ITEMS, (len(u), 20), generator=torch.Generator().manual_seed(0))
    fresh = ~bought[u[:, None], j]
    wins = (m(u, i)[:, None] > m(u[:, None].expand_as(j), j)).float()
    return float(wins[fresh].mean())


ranker = Ranker(a.factors)
adagrad = torch.optim.Adagrad(ranker.parameters(), lr=a.lr)
for step in range(a.steps):
    u, i = train_pairs[torch.randint(0, len(train_pairs), (128,))].T
    j = torch.randint(0, N_ITEMS, (128,))
    margin = ranker(u, i) - ranker(u, j)
    penalty = ranker.p(u).square().sum() + ranker.q(i).square().sum() + ranker.q(j).square().sum()
    loss = -nn.functional.logsigmoid(margin).mean() + a.reg * penalty / 8
    adagrad.zero_grad()
    loss.backward()
    adagrad.step()
    if step % 100 == 0:
        print(f"step {step} bpr {loss.item():.4f} auc {auc(ranker):.3f}")
