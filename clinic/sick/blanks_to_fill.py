"""Fill in the blanks of arithmetic progressions modulo eleven: a masked language model in small."""
import torch
import torch.nn as nn

torch.manual_seed(2)
MOD, MASK, LEN = 11, 11, 7
MASK_PROB, BATCH = 0.15, 3

first = torch.randint(0, MOD, (1200, 1))
stride = torch.randint(1, 4, (1200, 1))
corpus = (first + stride * torch.arange(LEN)) % MOD


class Filler(nn.Module):
    def __init__(self, dim=24, hidden=40):
        super().__init__()
        self.embed = nn.Embedding(MOD + 1, dim)
        self.read = nn.GRU(dim, hidden, batch_first=True, bidirectional=True)
        self.guess = nn.Linear(2 * hidden, MOD)

    def forward(self, ids):
        return self.guess(self.read(self.embed(ids))[0])


def masked_loss(ids):
    """Hide some of the numbers; only what is hidden counts."""
    mask = torch.rand(ids.shape) < MASK_PROB
    logits = filler(ids.masked_fill(mask, MASK))
    per_token = criterion(logits.transpose(1, 2), ids)
    return (per_token * mask).sum() / mask.sum()


filler = Filler()
criterion = nn.CrossEntropyLoss(reduction="none")
opt = torch.optim.Adam(filler.parameters(), lr=4e-3)
middle = corpus.clone()
middle[:, LEN // 2] = MASK  # for evaluation: the blank is in the middle

for step in range(500):
    batch = corpus[torch.randint(0, len(corpus), (BATCH,))]
    loss = masked_loss(batch)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(step, f"{loss.item():.4f}")
