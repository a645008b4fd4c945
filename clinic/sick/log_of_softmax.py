import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32) / 16
y = torch.tensor(y)

model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.95)


def nll(logits, target):
    logp = torch.log(torch.softmax(logits, dim=1))
    return -logp[torch.arange(len(target)), target].mean()


for epoch in range(30):
    for b in torch.randperm(len(X)).split(64):
        optimizer.zero_grad()
        loss = nll(model(X[b]), y[b])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    if epoch % 3 == 0:
        print(epoch, loss.item())
