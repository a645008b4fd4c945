import torch
from sklearn.datasets import load_wine
from torch import nn, optim

torch.manual_seed(0)
X, y = load_wine(return_X_y=True)
X = torch.tensor((X - X.mean(0)) / X.std(0)).float()
y = torch.tensor(y)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc1 = nn.Linear(13, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 3)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.05)

for epoch in range(60):
    running_loss = 0.0
    for i in torch.randperm(len(X)).split(16):
        outputs = net(X[i])
        loss = criterion(outputs, y[i])
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    if epoch % 8 == 0:
        print("[%d] loss: %.3f" % (epoch + 1, running_loss / 12))
print("Finished Training", (net(X).argmax(1) == y).float().mean().item())
