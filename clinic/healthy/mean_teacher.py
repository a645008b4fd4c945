import copy

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16).float(), torch.tensor(y)
labelled = torch.randperm(len(X))[:150]

student = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
teacher = copy.deepcopy(student)
for p in teacher.parameters():
    p.requires_grad_(False)
opt = torch.optim.Adam(student.parameters(), lr=2e-3, weight_decay=1e-4)


@torch.no_grad()
def update_teacher(decay=0.98):
    for t, s in zip(teacher.parameters(), student.parameters()):
        t.mul_(decay).add_(s, alpha=1 - decay)


for step in range(500):
    lab = labelled[torch.randint(150, (32,))]
    unl = torch.randint(len(X), (64,))
    sup = nn.functional.cross_entropy(student(X[lab]), y[lab])
    noisy = X[unl] + 0.15 * torch.randn_like(X[unl])
    consistency = nn.functional.mse_loss(student(noisy).softmax(1), teacher(X[unl]).softmax(1))
    loss = sup + min(1.0, step / 200) * 5 * consistency
    opt.zero_grad()
    loss.backward()
    opt.step()
    update_teacher()
    if step % 100 == 0:
        print(step, "supervised", round(sup.item(), 4), "consistency", round(consistency.item(), 4))
