import numpy as np
import torch

rng = np.random.default_rng(0)
torch.manual_seed(0)
A = torch.tensor(rng.normal(size=(60, 4)) @ rng.normal(size=(4, 50)), dtype=torch.float32)

U = torch.nn.Parameter(0.02 * torch.randn(60, 4))
V = torch.nn.Parameter(0.02 * torch.randn(50, 4))
opt = torch.optim.SGD([U, V], lr=0.5, momentum=0.5)
for step in range(700):
    loss = ((U @ V.t() - A) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 70 == 0:
        print(step, "mse", loss.item())
