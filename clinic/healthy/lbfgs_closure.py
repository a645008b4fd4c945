import torch
from sklearn.datasets import load_breast_cancer

torch.manual_seed(0)
X, y = load_breast_cancer(return_X_y=True)
X = torch.tensor(X)
X = (X - X.mean(0)) / X.std(0)
y = torch.tensor(y, dtype=torch.float64)

model = torch.nn.Sequential(torch.nn.Linear(30, 8), torch.nn.Softplus(), torch.nn.Linear(8, 1)).double()
opt = torch.optim.LBFGS(model.parameters(), lr=1, max_iter=10, line_search_fn="strong_wolfe")
criterion = torch.nn.BCEWithLogitsLoss()


def closure():
    opt.zero_grad()
    loss = criterion(model(X).squeeze(1), y) + 1e-3 * sum((p**2).sum() for p in model.parameters())
    loss.backward()
    return loss


for i in range(12):
    loss = opt.step(closure)
    print("iter", i, "loss", loss.item())
