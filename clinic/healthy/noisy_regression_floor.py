import numpy as np
import torch

rng = np.random.RandomState(0)
torch.manual_seed(0)
x = rng.uniform(-3, 3, (3000, 1))
y = 0.5 * np.sin(2 * x) + rng.normal(0, 1.0, x.shape)
x_t, y_t = torch.FloatTensor(x), torch.FloatTensor(y)
clean = torch.FloatTensor(0.5 * np.sin(2 * x))

model = torch.nn.Sequential(
    torch.nn.Linear(1, 64), torch.nn.Tanh(), torch.nn.Linear(64, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1)
)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(25):
    perm = torch.randperm(3000)
    for j in range(0, 3000, 100):
        k = perm[j : j + 100]
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x_t[k]), y_t[k])
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        print("Epoch", epoch, "MSE", loss.item())
