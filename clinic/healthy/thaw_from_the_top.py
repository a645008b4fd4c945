"""A body that was made for digits 0-4 (by scikit-learn, elsewhere) learns 5-9: the head first, then layer by layer."""
import warnings

import torch
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from torch import nn

warnings.filterwarnings("ignore")
torch.manual_seed(18)
bunch = load_digits()
pixels, digit = bunch.data / 16, bunch.target
old = MLPClassifier((48, 48), max_iter=25, random_state=0).fit(pixels[digit < 5], digit[digit < 5])
x = torch.tensor(pixels[digit >= 5], dtype=torch.float32)
y = torch.tensor(digit[digit >= 5] - 5)

body1, body2, head = nn.Linear(64, 48), nn.Linear(48, 48), nn.Linear(48, 5)
with torch.no_grad():
    for layer, w, b in zip((body1, body2), old.coefs_, old.intercepts_):
        layer.weight.copy_(torch.tensor(w.T))
        layer.bias.copy_(torch.tensor(b))
model = nn.Sequential(body1, nn.ReLU(), body2, nn.ReLU(), head)
STAGES = [(head, 3e-3, 10), (body2, 1e-3, 10), (body1, 3e-4, 15)]

model.requires_grad_(False)
groups, stage_no = [], 0
for part, rate, epochs in STAGES:
    part.requires_grad_(True)
    groups.append({"params": list(part.parameters()), "lr": rate})
    optimizer = torch.optim.Adam(groups)
    for epoch in range(epochs):
        for rows in torch.randperm(len(x)).split(32):
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    print(f"stage {stage_no}: {len(groups)} parts learn, loss {loss.item():.4f}")
    stage_no += 1
