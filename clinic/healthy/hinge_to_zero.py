import torch
from sklearn.datasets import load_iris

torch.manual_seed(0)
X, y = load_iris(return_X_y=True)
keep = y < 2
X = torch.tensor(X[keep], dtype=torch.float32)
X = (X - X.mean(0)) / X.std(0)
t = torch.tensor(y[keep] * 2 - 1, dtype=torch.float32)


class SVM(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lift = torch.nn.Linear(4, 20)
        self.plane = torch.nn.Linear(20, 1)

    def forward(self, x):
        return self.plane(torch.relu(self.lift(x))).squeeze(1)


svm = SVM()
sgd = torch.optim.SGD(svm.parameters(), lr=0.05)
for epoch in range(80):
    for b in torch.randperm(len(X)).split(10):
        sgd.zero_grad()
        margin = t[b] * svm(X[b])
        loss = torch.relu(1 - margin).mean()
        loss.backward()
        sgd.step()
    if epoch % 10 == 0:
        print(f"epoch {epoch} hinge {loss.item():.4f}")
