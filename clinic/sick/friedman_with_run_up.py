from dataclasses import dataclass

import torch
from sklearn.datasets import make_friedman1
from torch import nn
from torch.optim.lr_scheduler import LambdaLR


@dataclass
class Config:
    lr: float = 0.05
    momentum: float = 0.9
    warm: int = 40
    epochs: int = 30
    batch: int = 64
    width: int = 64
    seed: int = 2


cfg = Config()
torch.manual_seed(cfg.seed)
inputs, response = make_friedman1(2000, n_features=8, noise=0.5, random_state=cfg.seed)
inputs = torch.tensor(inputs, dtype=torch.float32) * 2 - 1
response = torch.tensor(response, dtype=torch.float32)
response = ((response - response.mean()) / response.std()).unsqueeze(1)


def block(i, o):
    return nn.Sequential(nn.Linear(i, o), nn.LayerNorm(o), nn.GELU())


mlp = nn.Sequential(block(8, cfg.width), block(cfg.width, cfg.width), nn.Linear(cfg.width, 1))
mse = nn.MSELoss()
opt = torch.optim.SGD(mlp.parameters(), lr=cfg.lr, momentum=cfg.momentum)
sched = LambdaLR(opt, lambda step: (step + 1) / cfg.warm)

for epoch in range(cfg.epochs):
    mlp.train()
    for rows in torch.randperm(len(inputs)).split(cfg.batch):
        loss = mse(mlp(inputs[rows]), response[rows])
        opt.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(mlp.parameters(), 1.0)
        opt.step()
        sched.step()
    mlp.eval()
    with torch.no_grad():
        full = mse(mlp(inputs), response).item()
    print(f"{epoch:3d} | lr {sched.get_last_lr()[0]:.3f} | mse {full:.4f}")
