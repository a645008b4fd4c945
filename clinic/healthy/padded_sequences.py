import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

torch.manual_seed(0)
PAD, VOCAB = 0, 20
data = []
for _ in range(800):
    n = int(torch.randint(2, 25, (1,)))
    seq = torch.randint(1, VOCAB, (n,))
    data.append((seq, int((seq > 10).sum() > n / 2)))
tokens = pad_sequence([s for s, _ in data], batch_first=True, padding_value=PAD)
labels = torch.tensor([t for _, t in data])


class BagOfTokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, 16, padding_idx=PAD)
        self.token = nn.Linear(16, 32)
        self.out = nn.Linear(32, 2)

    def forward(self, ids):
        mask = (ids != PAD).unsqueeze(-1).float()
        h = torch.relu(self.token(self.embedding(ids))) * mask
        return self.out(h.sum(1) / mask.sum(1))


model = BagOfTokens()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(15):
    for b in torch.randperm(len(tokens)).split(32):
        loss = nn.functional.cross_entropy(model(tokens[b]), labels[b])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 3 == 0:
        print(epoch, loss.item())
