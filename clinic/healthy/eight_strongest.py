import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(31)
data = torch.tensor(load_digits().data, dtype=torch.float32) / 16
data = data[torch.randperm(len(data))]
train, valid = data[:1500], data[1500:]

ATOMS, KEEP = 128, 8
dictionary = torch.randn(ATOMS, 64)
dictionary = F.normalize(dictionary, dim=1).requires_grad_()
encoder = dictionary.detach().clone().requires_grad_()
bias = torch.zeros(ATOMS, requires_grad=True)
centre = train.mean(0).clone().requires_grad_()


def code(x):
    z = F.relu(F.linear(x - centre, encoder, bias))
    values, where = z.topk(KEEP, dim=1)
    return torch.zeros_like(z).scatter(1, where, values)


def reconstruct(x):
    return code(x) @ dictionary + centre


optimizer = torch.optim.Adam([encoder, dictionary, bias, centre], lr=2e-3)
for epoch in range(30):
    for batch in train[torch.randperm(1500)].split(30):
        loss = (reconstruct(batch) - batch).pow(2).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            dictionary /= dictionary.norm(dim=1, keepdim=True)
    with torch.no_grad():
        outside = (reconstruct(valid) - valid).pow(2).sum(1).mean()
        used = (code(train) > 0).any(0).sum()
    print(f"{epoch:2d} train {loss.item():.3f} valid {outside.item():.3f} atoms in use {used.item()}")
