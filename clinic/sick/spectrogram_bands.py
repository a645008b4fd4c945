"""Which band of a log-power spectrogram carries the chirp?"""
import torch
from torch import nn

torch.manual_seed(21)
N, BANDS, FRAMES, CLASSES = 900, 24, 40, 6


def make_spectrograms():
    band = torch.randint(0, CLASSES, (N,))
    power = torch.rand(N, BANDS, FRAMES) * 1e-3 + 1e-6
    for i, b in enumerate(band):
        start = int(torch.randint(0, FRAMES - 12, (1,)))
        power[i, b * 4 : b * 4 + 4, start : start + 12] += 0.05 * torch.rand(4, 12)
    return torch.log10(power), band


specs, labels = make_spectrograms()
print("log power from", specs.min().item(), "to", specs.max().item())


class ChirpNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.frames = nn.Conv1d(BANDS, 32, kernel_size=5, padding=2, padding_mode="replicate")
        self.top = nn.Linear(32, CLASSES)
        nn.init.uniform_(self.frames.weight)
        nn.init.zeros_(self.frames.bias)

    def forward(self, s):
        return self.top(torch.relu(self.frames(s)).mean(-1))


model = ChirpNet()
opt = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
ce = nn.CrossEntropyLoss()
for epoch in range(25):
    hits = 0
    for chunk in torch.randperm(N).split(30):
        logits = model(specs[chunk])
        loss = ce(logits, labels[chunk])
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        hits += (logits.argmax(1) == labels[chunk]).sum().item()
    print(f"epoch {epoch}: train acc {hits / N:.3f}")
