"""Binary codes for retrieval: sixty features in, eight bits out, classes read from the bits."""
import torch
import torch.nn.functional as F
from sklearn.datasets import make_classification
from torch import nn

torch.manual_seed(11)
feats, cls = make_classification(
    2500, n_features=60, n_informative=6, n_redundant=0, n_classes=4, n_clusters_per_class=1, class_sep=2.0, random_state=5
)
feats = torch.tensor(feats, dtype=torch.float32)
cls = torch.tensor(cls)


def binarize(z: torch.Tensor) -> torch.Tensor:
    """Signs on the way forward, the identity on the way back."""
    return z + (torch.sign(z) - z)


class Hasher(nn.Module):
    def __init__(self, n_in: int, bits: int, n_classes: int):
        super().__init__()
        self.project = nn.Linear(n_in, 48)
        self.to_bits = nn.Linear(48, bits)
        self.read = nn.Linear(bits, n_classes)

    def forward(self, x):
        code = binarize(self.to_bits(F.silu(self.project(x))))
        return self.read(code)


hasher = Hasher(60, 8, 4)
opt = torch.optim.Adam(hasher.parameters(), lr=2e-3)
for epoch in range(20):
    running = []
    for rows in torch.randperm(len(feats)).split(50):
        loss = F.cross_entropy(hasher(feats[rows]), cls[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
        running.append(loss.item())
    with torch.no_grad():
        acc = (hasher(feats).argmax(1) == cls).float().mean().item()
    print(f"{epoch:02d} loss={sum(running) / len(running):.4f} acc={acc:.3f}")
