import math

import torch
import torch.nn.functional as F
from torch import nn

RHYME = """solomon grundy born on a monday christened on tuesday married on wednesday took ill on thursday
grew worse on friday died on saturday buried on sunday that was the end of solomon grundy
one for sorrow two for joy three for a girl four for a boy five for silver six for gold
seven for a secret never to be told eight for a wish nine for a kiss ten for a bird you must not miss
"""
torch.manual_seed(13)
chars = sorted(set(RHYME))
stream = torch.tensor([chars.index(c) for c in RHYME])
CTX, DIM = 16, 160
blocks = stream.unfold(0, CTX + 1, 1)
inputs, targets = blocks[:, :-1], blocks[:, 1:]


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(DIM, 3 * DIM, bias=False)
        self.proj = nn.Linear(DIM, DIM, bias=False)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        scores = q @ k.transpose(1, 2) / math.sqrt(DIM)
        ahead = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        return self.proj(scores.masked_fill(ahead, float("-inf")).softmax(-1) @ v)


class RhymeGPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(len(chars), DIM)
        self.wpe = nn.Embedding(CTX, DIM)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(DIM), nn.LayerNorm(DIM), nn.LayerNorm(DIM)
        self.attn = Attention()
        self.mlp = nn.Sequential(nn.Linear(DIM, 2 * DIM), nn.GELU(), nn.Linear(2 * DIM, DIM))
        self.lm_head = nn.Linear(DIM, len(chars), bias=False)
        self.lm_head.weight = self.wte.weight
        nn.init.normal_(self.wte.weight, std=1.0)
        nn.init.normal_(self.wpe.weight, std=0.02)

    def forward(self, idx):
        x = self.wte(idx) + self.wpe.weight
        x = x + self.attn(self.norm1(x))
        x = x + self.mlp(self.norm2(x))
        return self.lm_head(self.norm3(x))


gpt = RhymeGPT()
opt = torch.optim.AdamW(gpt.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.01)
for it in range(300):
    rows = torch.randint(0, len(inputs), (16,))
    loss = F.cross_entropy(gpt(inputs[rows]).flatten(0, 1), targets[rows].flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 30 == 0:
        print(f"iter {it} loss {loss.item():.3f}")
