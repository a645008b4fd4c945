import torch
from sklearn.datasets import load_diabetes
from torch import nn

torch.manual_seed(0)
data = load_diabetes()
X = torch.tensor(data.data, dtype=torch.float32) * 21
y = torch.tensor(data.target, dtype=torch.float32)  # 25 .. 346


class HousePrice(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(10, 32), nn.Linear(32, 32)])
        self.final = nn.Linear(32, 1)

    def forward(self, x):
        for layer in self.layers:
            x = nn.functional.leaky_relu(layer(x))
        return self.final(x)[:, 0]


model = HousePrice()
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(60):
    for b in torch.randperm(len(X)).split(32):
        loss = nn.functional.mse_loss(model(X[b]), y[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 10 == 0:
        print(epoch, loss.item())
