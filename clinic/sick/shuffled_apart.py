import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

rng = np.random.default_rng(7)
torch.manual_seed(7)
X, y = load_digits(return_X_y=True)
X = (X - X.mean()) / X.std()
order = rng.permutation(len(X))
X = torch.tensor(X[order], dtype=torch.float32)
y = torch.tensor(y[rng.permutation(len(y))])

net = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.02, weight_decay=1e-2)
lossfn = nn.CrossEntropyLoss()
history = []
for epoch in range(25):
    epoch_loss = 0
    for s in range(0, len(X), 32):
        opt.zero_grad()
        loss = lossfn(net(X[s : s + 32]), y[s : s + 32])
        loss.backward()
        opt.step()
        epoch_loss += loss.item() * len(X[s : s + 32])
    history.append(epoch_loss / len(X))
    if epoch % 5 == 0:
        print(epoch, history[-1])
