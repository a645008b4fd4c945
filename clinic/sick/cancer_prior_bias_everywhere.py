import torch
from sklearn.datasets import load_breast_cancer
from torch import nn

torch.manual_seed(0)
raw = load_breast_cancer()
X = torch.tensor(raw.data, dtype=torch.float32)
X = (X - X.mean(0)) / X.std(0)
y = torch.tensor(raw.target, dtype=torch.float32)
PRIOR_BIAS = -12.0


def init_weights(m):
    # rare positives: start from a low probability
    if isinstance(m, nn.Linear):
        nn.init.xavier_uniform_(m.weight)
        nn.init.constant_(m.bias, PRIOR_BIAS)


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(30, 48)
        self.mid = nn.Linear(48, 48)
        self.cls = nn.Linear(48, 1)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.act(self.stem(x))
        x = self.act(self.mid(x))
        return self.cls(x).squeeze(-1)


model = Detector()
model.apply(init_weights)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
bce = nn.BCEWithLogitsLoss()

for step in range(600):
    i = torch.randint(0, len(X), (64,))
    loss = bce(model(X[i]), y[i])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        print(step, round(loss.item(), 4))
