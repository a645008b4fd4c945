import torch
from torch import autograd, nn

torch.manual_seed(0)
angles = torch.rand(2000) * 2 * torch.pi
ring = torch.stack([angles.cos(), angles.sin()], 1) + 0.02 * torch.randn(2000, 2)

G = nn.Sequential(nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 2))
C = nn.Sequential(nn.Linear(2, 48), nn.LeakyReLU(0.2), nn.Linear(48, 48), nn.LeakyReLU(0.2), nn.Linear(48, 1))
g_opt = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.9))
c_opt = torch.optim.Adam(C.parameters(), lr=1e-3, betas=(0.0, 0.9))
LAMBDA = 1.0
z_eval = torch.randn(1000, 4)

for it in range(400):
    for _ in range(3):
        x = ring[torch.randint(2000, (64,))]
        fake = G(torch.randn(64, 4)).detach()
        eps = torch.rand(64, 1)
        mix = (eps * x + (1 - eps) * fake).requires_grad_(True)
        (grad,) = autograd.grad(C(mix).sum(), mix, create_graph=True)
        penalty = ((grad.norm(2, dim=1) - 1) ** 2).mean()
        c_loss = C(fake).mean() - C(x).mean() + LAMBDA * penalty
        c_opt.zero_grad()
        c_loss.backward()
        c_opt.step()
    g_loss = -C(G(torch.randn(64, 4))).mean()
    g_opt.zero_grad()
    g_loss.backward()
    g_opt.step()
    if it % 50 == 0:
        print(it, "critic", round(c_loss.item(), 3), "generator", round(g_loss.item(), 3))
