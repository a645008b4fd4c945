"""A decoder says a string backwards; it is fed less and less of the truth and more and more of its own words."""
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(4)
V, T, H, STEPS = 8, 5, 64, 850
GO = V
source = torch.randint(0, V, (1500, T))
goal = source.flip(1)


class Echo(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V + 1, 16)
        self.enc = nn.GRU(16, H, batch_first=True)
        self.cell = nn.GRUCell(16, H)
        self.say = nn.Linear(H, V)

    def forward(self, src, truth=None, own=1.0):
        h = self.enc(self.emb(src))[1][0]
        word = torch.full((len(src),), GO)
        out = []
        for t in range(T):
            h = self.cell(self.emb(word), h)
            logits = self.say(h)
            out.append(logits)
            word = logits.argmax(1)
            if truth is not None:
                keep = torch.rand(len(src)) < own
                word = torch.where(keep, word, truth[:, t])
        return torch.stack(out, 1)


echo = Echo()
opt = torch.optim.Adam(echo.parameters(), lr=4e-3)
for step in range(STEPS):
    rows = torch.randint(0, len(source), (40,))
    own = max(0.0, min(1.0, 2 * step / STEPS - 0.5))
    logits = echo(source[rows], goal[rows], own)
    loss = F.cross_entropy(logits.flatten(0, 1), goal[rows].flatten())
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(echo.parameters(), 1.0)
    opt.step()
    if step % 70 == 0:
        print(f"step {step} own words {own:.2f} loss {loss.item():.3f}")
