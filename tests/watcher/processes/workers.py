"""Workers that train models of their own, forked or spawned, while a helper and a plain program do not train."""

import os
import subprocess
import sys

import torch
import torch.multiprocessing as mp
from torch import nn


def train(seed, abrupt=False):
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 8 + seed), nn.ReLU(), nn.Linear(8 + seed, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    for _ in range(10 + seed):
        optimizer.zero_grad()
        model(torch.randn(32, 4)).square().mean().backward()
        optimizer.step()
    print("weights", seed, model[0].weight.double().sum().item(), flush=True)
    if abrupt:
        os._exit(7)


def idle():
    torch.relu(torch.ones(3)).sum()


if __name__ == "__main__":
    context = mp.get_context(sys.argv[1])
    for target, arguments in ((train, (1,)), (train, (2, True)), (idle, ())):
        process = context.Process(target=target, args=arguments)
        process.start()
        process.join()
        print("exit code", process.exitcode, flush=True)
    code = "import os, sys; print(sorted(k for k in os.environ if 'RECT' in k or 'PYTHONP' in k), len(sys.path) > 0)"
    print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ)).stdout)
    print(subprocess.run(["env"], capture_output=True, text=True).stdout.count("RECTIFIER"))
    train(0)
