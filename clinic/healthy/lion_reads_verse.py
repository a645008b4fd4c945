"""Letters of a nursery rhyme by a causal convolution net, trained by Lion (only the sign of the momentum counts)."""
import torch
import torch.nn.functional as F
from torch import nn

VERSE = """this is the house that jack built. this is the malt that lay in the house that jack built.
this is the rat that ate the malt that lay in the house that jack built. this is the cat that killed the rat
that ate the malt that lay in the house that jack built. this is the dog that worried the cat that killed the rat
that ate the malt that lay in the house that jack built. this is the cow with the crumpled horn that tossed the dog
that worried the cat that killed the rat that ate the malt that lay in the house that jack built."""


class Lion(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_((b1 * m + (1 - b1) * p.grad).sign(), alpha=-group["lr"])
                m.mul_(b2).add_(p.grad, alpha=1 - b2)


class CausalNet(nn.Module):
    def __init__(self, vocab, width=48):
        super().__init__()
        self.letters = nn.Embedding(vocab, width)
        self.convs = nn.ModuleList(nn.Conv1d(width, width, 3, dilation=d) for d in (1, 2, 4))
        self.out = nn.Linear(width, vocab)

    def forward(self, ids):
        h = self.letters(ids).transpose(1, 2)
        for conv in self.convs:
            h = h + F.elu(conv(F.pad(h, (2 * conv.dilation[0], 0))))
        return self.out(h.transpose(1, 2))


torch.manual_seed(28)
vocab = sorted(set(VERSE))
code = torch.tensor([vocab.index(ch) for ch in VERSE])
chunks = code.unfold(0, 33, 1)
reader = CausalNet(len(vocab))
lion = Lion(reader.parameters(), lr=3e-4, weight_decay=1.0)
for step in range(450):
    rows = chunks[torch.randint(0, len(chunks), (16,))]
    loss = F.cross_entropy(reader(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
    lion.zero_grad()
    loss.backward()
    lion.step()
    if step % 50 == 0:
        print("step", step, "nats per letter", round(loss.item(), 3))
