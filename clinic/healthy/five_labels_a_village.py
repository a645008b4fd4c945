"""Two graph convolutions by hand on a graph of four villages; twenty of four hundred nodes carry a label."""
import torch
from torch import nn

torch.manual_seed(27)
NODES, VILLAGES, LABELLED = 400, 4, 5
village = torch.arange(NODES) % VILLAGES
odds = torch.where(village[:, None] == village[None], 0.06, 0.006)
upper = (torch.rand(NODES, NODES) < odds).triu(1)
adj = (upper | upper.T).float() + torch.eye(NODES)
deg = adj.sum(1).rsqrt()
A = deg[:, None] * adj * deg[None]
X = (torch.rand(NODES, 80) < 0.03).float()
for v in range(VILLAGES):
    X[village == v, v * 8 : v * 8 + 8] += (torch.rand(NODES // VILLAGES, 8) < 0.12).float()
known = torch.cat([(village == v).nonzero().squeeze(1)[:LABELLED] for v in range(VILLAGES)])
rest = torch.ones(NODES, dtype=torch.bool)
rest[known] = False


class GCN(nn.Module):
    def __init__(self, n_in, hidden, n_out, p=0.5):
        super().__init__()
        self.w0 = nn.Linear(n_in, hidden, bias=False)
        self.w1 = nn.Linear(hidden, n_out, bias=False)
        self.drop = nn.Dropout(p)

    def forward(self, x):
        x = torch.relu(A @ self.w0(self.drop(x)))
        return A @ self.w1(self.drop(x))


gcn = GCN(80, 32, VILLAGES)
opt = torch.optim.Adam(gcn.parameters(), lr=0.01, weight_decay=5e-3)
for epoch in range(400):
    gcn.train()
    loss = nn.functional.cross_entropy(gcn(X)[known], village[known])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if epoch % 40 == 0:
        gcn.eval()
        with torch.no_grad():
            right = (gcn(X).argmax(1) == village)[rest].float().mean().item()
        print(f"epoch {epoch}: loss on the known {loss.item():.3f}, accuracy on the rest {right:.3f}")
