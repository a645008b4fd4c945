import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=0)
mean, std = X_train.mean(0), X_train.std(0)
to = lambda a: torch.tensor((a - mean) / std, dtype=torch.float32)
X_train, X_test = to(X_train), to(X_test)
y_train, y_test = torch.tensor(y_train).float(), torch.tensor(y_test).float()
flip = torch.rand(len(y_train)) < 0.2  # careless annotators
y_train = torch.where(flip, 1 - y_train, y_train)

EPOCHS = 50
model = nn.Sequential(nn.Linear(30, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 1), nn.Flatten(0))
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
bce = nn.BCEWithLogitsLoss()
loader = DataLoader(TensorDataset(X_train, y_train), batch_size=32, shuffle=True)
for epoch in range(EPOCHS):
    model.train()
    for xb, yb in loader:
        loss = bce(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        test_loss = bce(model(X_test), y_test)
    if epoch % 10 == 0:
        print(f"epoch {epoch}: train {loss.item():.3f} test {test_loss.item():.3f}")
