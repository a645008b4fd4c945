import torch
import torch.nn.functional as F
from sklearn.datasets import load_wine, load_breast_cancer
from torch import nn

torch.manual_seed(0)
words = (load_wine().DESCR + load_breast_cancer().DESCR).lower().split()
counts = {}
for w in words:
    counts[w] = counts.get(w, 0) + 1
vocab = {w: k for k, w in enumerate(w for w, c in counts.items() if c >= 3)}
ids = [vocab[w] for w in words if w in vocab]
pairs = torch.tensor([(ids[a], ids[b]) for a in range(len(ids)) for b in range(max(0, a - 2), min(len(ids), a + 3)) if a != b])
V = len(vocab)


class SkipGram(nn.Module):
    def __init__(self, dim=24):
        super().__init__()
        self.center = nn.Embedding(V, dim)
        self.context = nn.Embedding(V, dim)
        nn.init.uniform_(self.center.weight, -0.5 / dim, 0.5 / dim)
        nn.init.zeros_(self.context.weight)

    def forward(self, c, o, neg):
        h = self.center(c)
        pos = F.logsigmoid((h * self.context(o)).sum(1))
        negative = F.logsigmoid(-(self.context(neg) @ h.unsqueeze(2)).squeeze(2)).sum(1)
        return -(pos + negative).mean()


model = SkipGram()
opt = torch.optim.Adagrad(model.parameters(), lr=0.5)
gen = torch.Generator().manual_seed(1)
negatives = torch.randint(V, (len(pairs), 4), generator=gen)
for epoch in range(12):
    for b in torch.randperm(len(pairs)).split(64):
        loss = model(pairs[b, 0], pairs[b, 1], torch.randint(V, (len(b), 4)))
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
