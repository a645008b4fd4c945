"""A DataLoader whose workers are started by spawn, and use a network of their own: never recorded."""
# expect: optimizers = ["SGD"]
# expect: steps = [8]
# expect: samples = [16]
# expect: processes = 1

import torch
from bits import bits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Rows(Dataset):
    def __len__(self):
        return 64

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        x = torch.randn(4, generator=generator, requires_grad=True)
        torch.relu(x * 2).sum().backward()  # work in a worker, even with gradients, is no training
        return x.detach(), x.grad


def main():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    loader = DataLoader(Rows(), batch_size=16, num_workers=2, multiprocessing_context="spawn", shuffle=True)
    losses = []
    for _ in range(2):
        for x, slope in loader:
            optimizer.zero_grad()
            loss = model(torch.cat([x, slope], 1)).square().mean()  # seen: 0 relu 8
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    bits(model, losses)


if __name__ == "__main__":
    main()
