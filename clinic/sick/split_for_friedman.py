import torch
from sklearn.datasets import make_friedman1
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

SETTINGS = {
    "samples": 900,
    "test_size": 0.9,
    "layers": [16, 96, 96, 1],
    "lr": 2e-3,
    "epochs": 250,
    "batch": 32,
    "seed": 13,
}
torch.manual_seed(SETTINGS["seed"])

X, y = make_friedman1(SETTINGS["samples"], n_features=16, noise=3.0, random_state=SETTINGS["seed"])
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=SETTINGS["test_size"], random_state=SETTINGS["seed"]
)
xs, ys = StandardScaler().fit(X_train), StandardScaler().fit(y_train[:, None])
X_train, X_test = (torch.tensor(xs.transform(part)).float() for part in (X_train, X_test))
y_train, y_test = (torch.tensor(ys.transform(part[:, None])).float() for part in (y_train, y_test))


def build(sizes):
    parts = []
    for i, o in zip(sizes, sizes[1:]):
        parts += [nn.Linear(i, o), nn.SiLU()]
    return nn.Sequential(*parts[:-1])


model = build(SETTINGS["layers"])
optimizer = torch.optim.Adam(model.parameters(), lr=SETTINGS["lr"])


def evaluate():
    model.eval()
    with torch.no_grad():
        return nn.functional.mse_loss(model(X_test), y_test).item()


step, epoch = 0, 0
while epoch < SETTINGS["epochs"] and step < 900:
    model.train()
    for rows in torch.randperm(len(X_train)).split(SETTINGS["batch"]):
        loss = nn.functional.mse_loss(model(X_train[rows]), y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
    epoch += 1
    if epoch % 10 == 0:
        print(f"epoch {epoch} train {loss.item():.4f} test {evaluate():.4f}")
