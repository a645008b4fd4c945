"""The activation inside nn.TransformerEncoderLayer, with dropout and an evaluation after every step."""
# expect: optimizers = ["AdamW"]
# expect: steps = [8]
# expect: samples = [16]

import torch
from bits import bits
from torch import nn

torch.manual_seed(0)
layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.1, batch_first=True)
model = nn.Sequential(nn.TransformerEncoder(layer, 2), nn.Flatten(), nn.Linear(5 * 16, 3))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
losses, evaluations = [], []
for _ in range(8):
    model.train()
    x, y = torch.randn(16, 5, 16), torch.randint(3, (16,))
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)  # seen: 0.layers.0.linear1 relu 32; 0.layers.1.linear1 relu 32
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    model.eval()
    with torch.no_grad():  # the encoder takes its fast path here, which rounds differently
        evaluations.append(model(x).mean().item())
bits(model, losses, evaluations)
