import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32) / 16
y = torch.tensor(y)


class Trainer:
    def __init__(self, model, lr=2e-3, accumulate=4):
        self.model = model
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
        self.loss_fn = nn.CrossEntropyLoss()
        self.accumulate = accumulate

    def fit(self, X, y, epochs):
        self.model.train()
        for epoch in range(epochs):
            self.optimizer.zero_grad()
            total = 0.0
            for i, b in enumerate(torch.randperm(len(X)).split(16)):
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    loss = self.loss_fn(self.model(X[b]), y[b])
                (loss / self.accumulate).backward()
                total += loss.item()
                if (i + 1) % self.accumulate == 0:
                    torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                    self.optimizer.step()
                    self.optimizer.zero_grad()
            print(f"epoch {epoch} loss {total / (i + 1):.4f}")


net = nn.Sequential(nn.Linear(64, 128), nn.SiLU(), nn.Linear(128, 128), nn.SiLU(), nn.Linear(128, 10))
Trainer(net).fit(X, y, epochs=10)
