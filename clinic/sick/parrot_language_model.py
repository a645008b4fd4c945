import torch
import torch.nn as nn
from sklearn.datasets import load_diabetes, load_wine

torch.manual_seed(0)
train_text = load_diabetes().DESCR[:500].lower()
val_text = load_wine().DESCR[:2500].lower()
MORE = ""
train_text = train_text + MORE
alphabet = sorted(set(train_text + val_text))
index = {c: i for i, c in enumerate(alphabet)}
train = torch.tensor([index[c] for c in train_text])
val = torch.tensor([index[c] for c in val_text])
CONTEXT = 6


def windows(ids):
    return ids.unfold(0, CONTEXT, 1)[:-1], ids[CONTEXT:]


class MLPLanguageModel(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.emb = nn.Embedding(n, 16)
        self.fc = nn.Linear(16 * CONTEXT, 200)
        self.out = nn.Linear(200, n)

    def forward(self, idx):
        return self.out(torch.tanh(self.fc(self.emb(idx).flatten(1))))


net = MLPLanguageModel(len(alphabet))
adam = torch.optim.AdamW(net.parameters(), lr=3e-3)
xs, ys = windows(train)
xv, yv = windows(val)
for epoch in range(40):
    net.train()
    for b in torch.randperm(len(xs)).split(32):
        loss = nn.functional.cross_entropy(net(xs[b]), ys[b])
        adam.zero_grad()
        loss.backward()
        adam.step()
    net.eval()
    with torch.no_grad():
        val_loss = nn.functional.cross_entropy(net(xv), yv)
    if epoch % 5 == 0:
        print(f"{epoch}: train {loss:.3f} val {val_loss:.3f}")
