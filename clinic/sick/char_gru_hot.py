import torch
from torch import nn

text = """It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of
foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the
season of Darkness, it was the spring of hope, it was the winter of despair, we had everything before us, we had
nothing before us, we were all going direct to Heaven, we were all going direct the other way."""
torch.manual_seed(0)
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text])
block = 32


def get_batch(n):
    ix = torch.randint(len(data) - block - 1, (n,))
    return torch.stack([data[i : i + block] for i in ix]), torch.stack([data[i + 1 : i + block + 1] for i in ix])


class CharRNN(nn.Module):
    def __init__(self, vocab, dim=32, hidden=64):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim)
        self.gru = nn.GRU(dim, hidden, batch_first=True)
        self.head = nn.Linear(hidden, vocab)

    def forward(self, idx):
        out, _ = self.gru(self.emb(idx))
        return self.head(out)


model = CharRNN(len(chars))
optimizer = torch.optim.Adam(model.parameters(), lr=0.5)
for step in range(250):
    xb, yb = get_batch(16)
    logits = model(xb)
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), yb.flatten())
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step}: loss {loss.item():.3f}")
