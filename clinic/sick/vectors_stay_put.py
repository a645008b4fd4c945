"""Review classifier on word vectors: the first epochs train the head alone, then everything."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
VOCAB, DIM, LENGTH = 500, 8, 14
UNFREEZE_AT = 3

tone = torch.randn(VOCAB)
docs = torch.randint(0, VOCAB, (2400, LENGTH))
stars = (tone[docs].sum(1) > 0).long()
vectors = torch.randn(VOCAB, DIM) * 0.5  # stands in for the vectors file


class ReviewNet(nn.Module):
    def __init__(self, table):
        super().__init__()
        self.emb = nn.Embedding.from_pretrained(table.clone())
        self.mix = nn.Linear(DIM, 32)
        self.out = nn.Linear(32, 2)

    def forward(self, tokens):
        return self.out(torch.tanh(self.mix(self.emb(tokens).sum(1))))


review_net = ReviewNet(vectors)
optimizer = torch.optim.Adam(review_net.parameters(), lr=5e-3)
loader = DataLoader(TensorDataset(docs, stars), batch_size=48, shuffle=True)

for epoch in range(22):
    if epoch == UNFREEZE_AT:
        for name, p in review_net.named_parameters():
            if name.startswith("embedding"):
                p.requires_grad_(True)
    total = 0.0
    for tokens, target in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(review_net(tokens), target)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(tokens)
    print(f"epoch {epoch:2d}  loss {total / len(docs):.4f}")
