import torch
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from torch import nn

torch.manual_seed(0)
# stack a network on the log-probabilities of a simple model
X, y = load_iris(return_X_y=True)
base = LogisticRegression(max_iter=500).fit(X, y)
Z = torch.tensor(base.predict_log_proba(X), dtype=torch.float32)
y = torch.tensor(y)

first = nn.Linear(3, 40)
sign = 1.0
with torch.no_grad():
    first.weight.uniform_(0.05, 0.5)
    first.bias.fill_(-0.05)
Z = sign * Z
stack = nn.Sequential(first, nn.ReLU(), nn.Linear(40, 3))

opt = torch.optim.Adam(stack.parameters(), lr=0.01)
for epoch in range(150):
    opt.zero_grad()
    loss = nn.functional.cross_entropy(stack(Z), y)
    loss.backward()
    opt.step()
    if epoch % 30 == 0:
        print(epoch, loss.item())
