"""Topics from bags of hashed word pairs, in the manner of fastText: sparse gradients, a large rate that falls to zero."""
import random

import torch
from torch import nn

random.seed(12)
torch.manual_seed(12)
BUCKETS, DIM, BATCH, EPOCHS, RATE = 5000, 10, 16, 5, 6.0
TOPICS = {
    0: "boat sail wind harbour rope deck tide anchor".split(),
    1: "oven flour butter sugar dough crust spoon pan".split(),
    2: "goal referee stadium coach ball league keeper corner".split(),
    3: "court judge lawyer verdict appeal jury clause oath".split(),
}
COMMON = "the a of in and was then very with from some old new good day time".split()


def sentence(topic):
    return [random.choice(TOPICS[topic]) if random.random() < 0.3 else random.choice(COMMON) for _ in range(12)]


def buckets(words):
    grams = words + [a + "_" + b for a, b in zip(words, words[1:])]
    return [sum(ord(c) * 31**i for i, c in enumerate(g)) % BUCKETS for g in grams]


labels = [random.randrange(4) for _ in range(2400)]
bags = torch.tensor([buckets(sentence(t)) for t in labels])
labels = torch.tensor(labels)


class FastBag(nn.Module):
    def __init__(self):
        super().__init__()
        self.grams = nn.EmbeddingBag(BUCKETS, DIM, mode="mean", sparse=True)
        self.topic = nn.Linear(DIM, 4, bias=False)
        nn.init.uniform_(self.grams.weight, -1 / DIM, 1 / DIM)
        nn.init.zeros_(self.topic.weight)

    def forward(self, bag):
        return self.topic(self.grams(bag))


fast = FastBag()
sgd = torch.optim.SGD(fast.parameters(), lr=RATE)
steps = EPOCHS * (-(-len(bags) // BATCH))
linear = torch.optim.lr_scheduler.LambdaLR(sgd, lambda s: 1 - s / steps)
ce = nn.CrossEntropyLoss()
for epoch in range(EPOCHS):
    total = 0.0
    for idx in torch.randperm(len(bags)).split(BATCH):
        loss = ce(fast(bags[idx]), labels[idx])
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        linear.step()
        total += loss.item() * len(idx)
    print(epoch, round(total / len(bags), 4), linear.get_last_lr())
