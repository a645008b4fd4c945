import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16.0, dtype=torch.float32), torch.tensor(y)
PEAK = 8.0
STEPS = 400

model = nn.Sequential()
model.add_module("in", nn.Linear(64, 96))
model.add_module("relu1", nn.ReLU())
model.add_module("mid", nn.Linear(96, 96))
model.add_module("relu2", nn.ReLU())
model.add_module("out", nn.Linear(96, 10))
opt = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
sched = OneCycleLR(opt, max_lr=PEAK, total_steps=STEPS, div_factor=1000)
for step in range(STEPS):
    b = torch.randint(len(X), (64,))
    opt.zero_grad()
    loss = nn.functional.cross_entropy(model(X[b]), y[b])
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    opt.step()
    sched.step()
    if step % 50 == 0:
        print(f"{step:4d} lr {sched.get_last_lr()[0]:.3f} loss {loss.item():.3f}")
