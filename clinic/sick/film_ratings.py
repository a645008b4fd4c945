"""Ratings by factorization, with a bias for everyone; every fifth rating is kept aside."""
from types import SimpleNamespace

import torch
from torch import nn

conf = SimpleNamespace(readers=150, books=120, ratings=4000, rank=16, lr=8e-3, decay=0.7, batch=96, epochs=40)
torch.manual_seed(9)
taste, style = torch.randn(conf.readers, 2), torch.randn(conf.books, 2)
leaning = 0.9 * torch.randn(conf.readers)
who = torch.randint(0, conf.readers, (conf.ratings,))
what = torch.randint(0, conf.books, (conf.ratings,))
score = (taste[who] * style[what]).sum(1) * 0.5 + leaning[who] + 0.9 * torch.randn(conf.ratings)
cut = conf.ratings * 4 // 5
who_v, what_v, score_v = who[cut:], what[cut:], score[cut:]
who, what, score = who[:cut], what[:cut], score[:cut]


class Factors(nn.Module):
    def __init__(self, n, m, rank):
        super().__init__()
        self.reader, self.book = nn.Embedding(n, rank), nn.Embedding(m, rank)
        self.reader_bias, self.book_bias = nn.Embedding(n, 1), nn.Embedding(m, 1)
        for table in (self.reader, self.book, self.reader_bias, self.book_bias):
            nn.init.normal_(table.weight, std=0.1)

    def forward(self, i, j):
        return (self.reader(i) * self.book(j)).sum(1) + self.reader_bias(i)[:, 0] + self.book_bias(j)[:, 0]


factors = Factors(conf.readers, conf.books, conf.rank)
groups = {True: [], False: []}
for name, p in factors.named_parameters():
    groups["bias" in name].append(p)
optimizer = torch.optim.AdamW(
    [{"params": groups[True], "weight_decay": conf.decay}, {"params": groups[False], "weight_decay": 0.0}], lr=conf.lr
)
mse = nn.MSELoss()
for epoch in range(conf.epochs):
    for idx in torch.randperm(cut).split(conf.batch):
        loss = mse(factors(who[idx], what[idx]), score[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        aside = mse(factors(who_v, what_v), score_v).item()
    print(f"epoch {epoch:2d} train {loss.item():.3f} aside {aside:.3f}")
