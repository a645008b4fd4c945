"""Impedance of a circuit (Friedman's second problem) from its four components."""

import numpy as np
import torch
from sklearn.datasets import make_friedman2
from sklearn.model_selection import train_test_split
from torch import nn


def standardise(train, *others):
    mean, std = train.mean(axis=0), train.std(axis=0)
    return [(part - mean) * std for part in (train, *others)]


def as_tensors(*arrays):
    return [torch.tensor(np.asarray(a), dtype=torch.float32) for a in arrays]


raw, ohms = make_friedman2(1500, noise=20.0, random_state=6)
raw_train, raw_test, ohms_train, ohms_test = train_test_split(raw, ohms, test_size=300, random_state=6)
raw_train, raw_test = standardise(raw_train, raw_test)
scale = ohms_train.std()
ohms_train, ohms_test = ((o - o.mean()) / scale for o in (ohms_train, ohms_test))
Xtr, Xte, Ytr, Yte = as_tensors(raw_train, raw_test, ohms_train[:, None], ohms_test[:, None])

torch.manual_seed(6)
net = nn.Sequential()
net.add_module("hidden", nn.Linear(4, 32))
net.add_module("squash", nn.Tanh())
net.add_module("mix", nn.Linear(32, 32))
net.add_module("squash2", nn.Tanh())
net.add_module("answer", nn.Linear(32, 1))

trainer = torch.optim.NAdam(net.parameters(), lr=2e-3)
for epoch in range(40):
    net.train()
    for chunk in torch.randperm(len(Xtr)).split(50):
        residual = net(Xtr[chunk]) - Ytr[chunk]
        loss = (residual**2).mean()
        trainer.zero_grad()
        loss.backward()
        trainer.step()
    if epoch % 5 == 4:
        net.eval()
        with torch.no_grad():
            print(f"epoch {epoch + 1:3d} train {loss.item():.4f} test {(net(Xte) - Yte).square().mean():.4f}")
