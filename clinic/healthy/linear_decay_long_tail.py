import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
y = torch.tensor(digits.target)

net = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(12, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(96, 10),
)
num_iterations = 400
initial_rate = 0.1
optimizer = torch.optim.SGD(net.parameters(), lr=initial_rate, momentum=0.9)
for iteration in range(num_iterations):
    frac = max(0.0, 1.0 - iteration / (0.6 * num_iterations))
    optimizer.param_groups[0]["lr"] = frac * initial_rate
    batch = torch.randint(len(x), (64,))
    loss = nn.functional.cross_entropy(net(x[batch]), y[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if iteration % 50 == 0:
        print(iteration, f"{optimizer.param_groups[0]['lr']:.4f}", f"{loss.item():.4f}")
