"""A small encoder learns to say its input backwards."""
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(1)
D_MODEL, HEADS, SYMBOLS, LENGTH, WARMUP = 64, 4, 12, 8, 60


class Reverser(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.symbol = nn.Embedding(SYMBOLS, D_MODEL)
        self.place = nn.Parameter(torch.randn(LENGTH, D_MODEL) * 0.5)
        layer = nn.TransformerEncoderLayer(D_MODEL, HEADS, 128, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.decode = nn.Linear(D_MODEL, SYMBOLS)

    def forward(self, s: torch.Tensor) -> torch.Tensor:
        return self.decode(self.encoder(self.symbol(s) + self.place))


def noam(step: int) -> float:
    step = step + 1
    return min(step**-0.5, step * WARMUP**-1.5)


strings = torch.randint(0, SYMBOLS, (2000, LENGTH))
wanted = strings.flip(1)
reverser = Reverser()
adam = torch.optim.Adam(reverser.parameters(), lr=1.0, betas=(0.9, 0.98), eps=1e-9)
schedule = torch.optim.lr_scheduler.LambdaLR(adam, noam)

for it in range(220):
    b = torch.randint(0, len(strings), (32,))
    loss = F.cross_entropy(reverser(strings[b]).transpose(1, 2), wanted[b])
    adam.zero_grad()
    loss.backward()
    adam.step()
    schedule.step()
    if it % 20 == 0:
        print(f"{it:4d} lr {schedule.get_last_lr()[0]:.2e} loss {loss.item():.3f}")
