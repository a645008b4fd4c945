"""Trains, and starts itself as another program in every way: a shell, `os.system`, spawning, `os.execv`."""

import os
import subprocess
import sys

import torch
from torch import nn


def train(seed):
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 8 + seed), nn.ReLU(), nn.Linear(8 + seed, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    for _ in range(10 + seed):
        optimizer.zero_grad()
        model(torch.randn(32, 4)).square().mean().backward()
        optimizer.step()
    print("weights", seed, model[0].weight.double().sum().item(), flush=True)


def other(seed):
    return [sys.executable, __file__, str(seed)]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        train(int(sys.argv[1]))
    else:
        train(0)
        # Nothing but the shell itself knows that this trains nothing.
        print(
            subprocess.run(f"env | grep -c RECTIFIER || true || {' '.join(other(9))}", shell=True).returncode,
            flush=True,
        )
        print(os.system("true"), flush=True)
        print(os.spawnv(os.P_WAIT, sys.executable, other(1)), flush=True)
        os.posix_spawn(sys.executable, other(2), os.environ)
        os.wait()
        os.execv(sys.executable, other(3))
