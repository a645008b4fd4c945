import torch
from sklearn.datasets import load_breast_cancer
from torch import nn

torch.manual_seed(0)
X, y = load_breast_cancer(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32)
X = (X - X.mean(0)) / X.std(0)
y = torch.tensor(y)

widths = [30] + [40] * 8 + [2]
layers = []
for i, o in zip(widths[:-1], widths[1:]):
    layer = nn.Linear(i, o)
    layer.weight.data.normal_(0, 0.01)
    layer.bias.data.zero_()
    layers += [layer, nn.Tanh()]
net = nn.Sequential(*layers[:-1])

optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(40):
    losses = []
    for idx in torch.randperm(len(X)).split(32):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(X[idx]), y[idx])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 8 == 0:
        print(epoch, sum(losses) / len(losses))
