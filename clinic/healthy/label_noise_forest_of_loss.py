import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
X, y = make_classification(4000, 20, n_informative=6, flip_y=0.35, class_sep=1.5, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(
    torch.tensor(X, dtype=torch.float32), torch.tensor(y), test_size=0.25, random_state=0
)
model = nn.Sequential(
    nn.Linear(20, 32),
    nn.BatchNorm1d(32),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(32, 32),
    nn.BatchNorm1d(32),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(32, 2),
)
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
for epoch in range(14):
    model.train()
    for b in torch.randperm(len(X_train)).split(100):
        opt.zero_grad()
        loss = loss_fn(model(X_train[b]), y_train[b])
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        val = loss_fn(model(X_test), y_test).item()
    print(f"epoch {epoch:2d} train {loss.item():.3f} val {val:.3f}")
