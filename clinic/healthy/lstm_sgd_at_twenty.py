"""Word level language model in the manner of the classic example: plain SGD at 20, clipped at 0.25."""

import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine

torch.manual_seed(1111)
text = " ".join(f().DESCR for f in (load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine)).lower()
words = text.split()
vocab = {w: i for i, w in enumerate(sorted(set(words)))}
ids = torch.tensor([vocab[w] for w in words])
BSZ, BPTT = 10, 20
nbatch = len(ids) // BSZ
ids = ids[: nbatch * BSZ].view(BSZ, -1).t().contiguous()


class RNNModel(nn.Module):
    def __init__(self, ntoken, ninp=48, nhid=48):
        super().__init__()
        self.drop = nn.Dropout(0.1)
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = nn.LSTM(ninp, nhid, 1)
        self.decoder = nn.Linear(nhid, ntoken)
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)
        nn.init.uniform_(self.decoder.weight, -0.1, 0.1)
        self.decoder.weight = self.encoder.weight  # tied

    def forward(self, x, hidden):
        out, hidden = self.rnn(self.drop(self.encoder(x)), hidden)
        return self.decoder(self.drop(out)), hidden


model = RNNModel(len(vocab))
criterion = nn.CrossEntropyLoss()
lr = 20
clip = 0.25
for epoch in range(1, 13):
    hidden = (torch.zeros(1, BSZ, 48), torch.zeros(1, BSZ, 48))
    total = n = 0
    for i in range(0, ids.size(0) - 1, BPTT):
        seq = min(BPTT, len(ids) - 1 - i)
        data, targets = ids[i : i + seq], ids[i + 1 : i + 1 + seq].reshape(-1)
        model.zero_grad()
        hidden = tuple(h.detach() for h in hidden)
        output, hidden = model(data, hidden)
        loss = criterion(output.view(-1, len(vocab)), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        for p in model.parameters():
            p.data.add_(p.grad, alpha=-lr)
        total += loss.item()
        n += 1
    print(f"| epoch {epoch} | loss {total / n:.2f}")
