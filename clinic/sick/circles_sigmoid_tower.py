import torch
from sklearn.datasets import make_circles
from torch import nn, optim

torch.manual_seed(0)
pts, cls = make_circles(1000, noise=0.1, factor=0.5, random_state=1)
pts = torch.from_numpy(pts).float()
cls = torch.from_numpy(cls).float().view(-1, 1)

activation = nn.Sigmoid
blocks = [nn.Linear(2, 16), activation()]
for _ in range(9):
    blocks += [nn.Linear(16, 16), activation()]
blocks += [nn.Linear(16, 1)]
net = nn.Sequential(*blocks)

opt = optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(40):
    perm = torch.randperm(len(pts))
    for k in range(0, len(pts), 50):
        b = perm[k : k + 50]
        opt.zero_grad()
        l = nn.functional.binary_cross_entropy_with_logits(net(pts[b]), cls[b])
        l.backward()
        opt.step()
    if epoch % 10 == 0:
        print("epoch %d loss %.4f" % (epoch, l.item()))
