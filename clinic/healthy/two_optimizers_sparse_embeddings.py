import torch
from torch import nn

torch.manual_seed(0)
USERS, ITEMS = 120, 80
taste = torch.randn(USERS, 3)
kind = torch.randn(ITEMS, 3)
u = torch.randint(USERS, (6000,))
i = torch.randint(ITEMS, (6000,))
rating = (taste[u] * kind[i]).sum(1) + 0.2 * torch.randn(6000)


class Recommender(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.user = nn.Embedding(USERS, dim, sparse=True)
        self.item = nn.Embedding(ITEMS, dim, sparse=True)
        self.mlp = nn.Sequential(nn.Linear(3 * dim, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, u, i):
        a, b = self.user(u), self.item(i)
        return self.mlp(torch.cat([a, b, a * b], 1)).squeeze(1)


model = Recommender()
opt_sparse = torch.optim.SparseAdam([model.user.weight, model.item.weight], lr=0.02)
opt_dense = torch.optim.Adam(model.mlp.parameters(), lr=3e-3)
for epoch in range(10):
    for b in torch.randperm(len(u)).split(128):
        loss = nn.functional.mse_loss(model(u[b], i[b]), rating[b])
        opt_sparse.zero_grad()
        opt_dense.zero_grad()
        loss.backward()
        opt_sparse.step()
        opt_dense.step()
    print(f"epoch {epoch} mse {loss.item():.3f}")
