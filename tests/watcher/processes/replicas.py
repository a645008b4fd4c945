"""Data-parallel training: each rank has its share of the batch. Started by torchrun, or starts its own ranks.

`replicas.py` trains as the rank that its environment says; `replicas.py spawn` starts two ranks by
`torch.multiprocessing.spawn`; `replicas.py again` is rank 0 itself and starts the script again for rank 1, as the
launchers of Lightning and Accelerate do.
"""

import os
import subprocess
import sys

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

PORT = sys.argv[2] if len(sys.argv) > 2 else "0"


def train():
    dist.init_process_group("gloo")
    torch.manual_seed(0)
    model = DistributedDataParallel(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1)))
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    torch.manual_seed(1 + dist.get_rank())
    losses = []
    for _ in range(12):
        x = torch.randn(16, 4)
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    every = [None, None]
    dist.all_gather_object(every, losses)
    if dist.get_rank() == 0:
        print("losses", *((a + b) / 2 for a, b in zip(*every, strict=True)))
        print("weights", model.module[0].weight.double().sum().item())
    dist.barrier()
    dist.destroy_process_group()


def rank(number):
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": PORT, "RANK": str(number), "WORLD_SIZE": "2"}
    train()


if __name__ == "__main__":
    how = sys.argv[1] if len(sys.argv) > 1 else ""
    if how == "spawn":
        torch.multiprocessing.spawn(rank, nprocs=2)
    elif how == "again":
        other = subprocess.Popen([sys.executable, __file__, "as-rank-1", PORT], env=os.environ.copy())
        rank(0)
        sys.exit(other.wait())
    elif how == "as-rank-1":
        rank(1)
    else:
        train()
