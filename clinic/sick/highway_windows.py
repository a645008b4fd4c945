"""The next letter from the eight before it, through a tall stack of highway layers."""
import torch
from torch import nn

TEXT = (
    "the miller had three sons and the miller had a mill and a donkey and a cat. the sons had to grind and the donkey "
    "had to fetch the grain and the cat had to catch the mice. when the miller died the three sons shared what he left. "
    "the eldest got the mill and the second got the donkey and the third got the cat for nothing more was left for him. "
)
torch.manual_seed(7)
letters = sorted(set(TEXT))
ids = torch.tensor([letters.index(c) for c in TEXT])
SPAN, DEPTH, WIDTH = 8, 16, 48
windows = ids.unfold(0, SPAN + 1, 1)
ctx, nxt = windows[:, :SPAN], windows[:, SPAN]


class Highway(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gate = nn.Linear(width, width)
        self.change = nn.Linear(width, width)
        nn.init.constant_(self.gate.bias, -2.0)

    def forward(self, h):
        t = torch.sigmoid(self.gate(h))
        return t * h + (1 - t) * torch.tanh(self.change(h))


class Speller(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(len(letters), 12)
        self.join = nn.Linear(12 * SPAN, WIDTH)
        self.tower = nn.Sequential(*[Highway(WIDTH) for _ in range(DEPTH)])
        self.spell = nn.Linear(WIDTH, len(letters))

    def forward(self, c):
        return self.spell(self.tower(self.join(self.table(c).flatten(1))))


speller = Speller()
optim = torch.optim.SGD(speller.parameters(), lr=0.2, momentum=0.9)
for step in range(450):
    pick = torch.randint(0, len(ctx), (48,))
    loss = nn.functional.cross_entropy(speller(ctx[pick]), nxt[pick])
    optim.zero_grad()
    loss.backward()
    optim.step()
    if step % 100 == 0:
        print(step, round(loss.item(), 4))
