import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X = torch.tensor(load_digits().data, dtype=torch.float32) / 16
y = torch.tensor(load_digits().target)
keep = y < 6
X, y = X[keep], y[keep]


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        relu = nn.ReLU()
        self.tower = nn.Sequential(nn.Linear(64, 64), relu, nn.Linear(64, 32), relu)
        self.compare = nn.Linear(32, 1)

    def forward(self, a, b):
        return self.compare((self.tower(a) - self.tower(b)).abs()).squeeze(-1)


model = Siamese()
opt = torch.optim.RMSprop(model.parameters(), lr=1e-3)
gen = torch.Generator().manual_seed(0)
i_eval, j_eval = torch.randint(len(X), (2, 3000), generator=gen)
for step in range(700):
    i = torch.randint(len(X), (64,))
    j = torch.stack([torch.nonzero(y == y[k])[torch.randint((y == y[k]).sum(), (1,))][0, 0] for k in i[:32]])
    j = torch.cat([j, torch.randint(len(X), (32,))])
    same = (y[i] == y[j]).float()
    loss = nn.functional.binary_cross_entropy_with_logits(model(X[i], X[j]), same)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print("step", step, "loss", loss.item())
