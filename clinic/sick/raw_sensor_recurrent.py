import torch
from torch import nn

torch.manual_seed(0)
# which of two machines made this noise? amplitudes as the sensor gives them
n, T = 600, 25
label = torch.randint(0, 2, (n,))
phase = torch.rand(n, 1) * 6.28
time = torch.arange(T)[None] * 1.0
wave = torch.sin(time * (0.5 + 0.25 * label[:, None]) + phase) + 0.3 * torch.randn(n, T)
UNIT = 200.0
series = (wave * UNIT)[..., None]


class Cell(nn.Module):
    def __init__(self, h=32):
        super().__init__()
        self.inp = nn.Linear(1, h)
        self.rec = nn.Linear(h, h, bias=False)
        self.out = nn.Linear(h, 2)

    def forward(self, x):
        state = torch.zeros(len(x), self.rec.in_features)
        for t in range(x.shape[1]):
            state = torch.tanh(self.inp(x[:, t]) + self.rec(state))
        return self.out(state)


model = Cell()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(300):
    b = torch.randint(n, (32,))
    loss = nn.functional.cross_entropy(model(series[b]), label[b])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 60 == 0:
        print(step, loss.item())
