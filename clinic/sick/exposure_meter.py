import torch
from torch import nn

torch.manual_seed(4)


def scenes(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Smooth textures under a light of some strength, and that strength in stops."""
    texture = torch.rand(count, 1, 6, 6)
    texture = nn.functional.interpolate(texture, size=(12, 12), mode="bilinear")
    stops = torch.rand(count, 1) * 3 - 1.5
    return texture * 2 ** stops[:, :, None, None], stops


class Meter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 8, 3, bias=False),
            nn.InstanceNorm2d(8, affine=True),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, stride=2),
            nn.ReLU(),
        )
        self.head = nn.Linear(8, 1)

    def forward(self, picture):
        return self.head(self.body(picture).mean((2, 3)))


train_x, train_y = scenes(3000)
meter = Meter()
optimizer = torch.optim.AdamW(meter.parameters(), lr=2e-3, weight_decay=1e-4)
loss_fn = nn.MSELoss()

for epoch in range(12):
    meter.train()
    sum_loss = 0.0
    for index in torch.randperm(3000).split(100):
        optimizer.zero_grad()
        loss = loss_fn(meter(train_x[index]), train_y[index])
        loss.backward()
        optimizer.step()
        sum_loss += loss.item() / 30
    print(f"[{epoch + 1}/12] mse {sum_loss:.4f}")
