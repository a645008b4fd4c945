import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn


class Squash(torch.autograd.Function):
    """tanh with the backward pass written out."""

    @staticmethod
    def forward(ctx, z: Tensor) -> Tensor:
        a = torch.tanh(z)
        ctx.save_for_backward(a)
        return a

    @staticmethod
    def backward(ctx, upstream: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        local = (1 - a * a) / a.shape[0]
        return upstream * local


class Compressor(nn.Module):
    def __init__(self, sizes: tuple[int, ...] = (64, 48, 24, 6, 24, 48, 64)) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in zip(sizes, sizes[1:]))
        for layer in self.layers:
            nn.init.xavier_uniform_(layer.weight)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = Squash.apply(layer(x))
        return self.layers[-1](x)


def main() -> None:
    torch.manual_seed(5)
    images = torch.tensor(load_digits().images, dtype=torch.float32).flatten(1) / 16
    images = images - images.mean(0)
    net = Compressor()
    sgd = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(40):
        total = 0.0
        for part in torch.randperm(len(images)).split(72):
            batch = images[part]
            loss = 0.5 * (net(batch) - batch).square().sum(1).mean()
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            total += loss.item() * len(part)
        if epoch % 8 == 0:
            print(f"epoch {epoch}: error per picture {total / len(images):.3f}")


if __name__ == "__main__":
    main()
