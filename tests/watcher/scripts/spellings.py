"""ReLU as functions, methods, in place, and as clamp, maximum and leaky ReLU with slope 0."""
# expect: optimizers = ["Adam"]
# expect: steps = [6]
# expect: samples = [32]

import torch
import torch.nn.functional as F
from bits import bits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(8, 8) for _ in range(11)])

    def forward(self, x):
        x = F.relu(self.layers[0](x))  # seen: layers.0 relu 8
        x = torch.relu(self.layers[1](x))  # seen: layers.1 relu 8
        x = self.layers[2](x).relu()  # seen: layers.2 relu 8
        x = self.layers[3](x).relu_()  # seen: layers.3 relu 8
        x = F.relu(self.layers[4](x), inplace=True)  # seen: layers.4 relu 8
        x = self.layers[5](x).clamp(min=0)  # seen: layers.5 relu 8
        x = torch.clamp_min(self.layers[6](x), 0)  # seen: layers.6 relu 8
        x = torch.maximum(self.layers[7](x), torch.zeros(()))  # seen: layers.7 relu 8
        x = F.leaky_relu(self.layers[8](x), 0.0)  # seen: layers.8 relu 8
        x = F.threshold(self.layers[9](x), 0.0, 0.0)  # seen: layers.9 relu 8
        return self.layers[10](x)


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), 1e-3)
losses = []
for _ in range(6):
    optimizer.zero_grad()
    loss = net(torch.randn(32, 8)).square().mean()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
bits(net, losses)
