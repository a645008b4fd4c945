import torch
from torch import nn

torch.manual_seed(0)
n = 4000
comp = torch.randint(0, 3, (n,))
centers = torch.tensor([[-0.1, 0.0], [0.1, 0.05], [0.0, -0.1]])
samples = centers[comp] + 0.01 * torch.randn(n, 2)


class MixtureDensity(nn.Module):
    def __init__(self, k=6):
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(k))
        self.mu = nn.Parameter(0.1 * torch.randn(k, 2))
        self.log_sigma = nn.Parameter(torch.full((k, 2), -2.0))

    def log_prob(self, x):
        z = (x[:, None] - self.mu) / self.log_sigma.exp()
        comp = -0.5 * z.pow(2).sum(-1) - self.log_sigma.sum(-1) - torch.log(torch.tensor(2 * torch.pi))
        return torch.logsumexp(comp + self.logits.log_softmax(0), dim=1)


model = MixtureDensity()
opt = torch.optim.Adam(model.parameters(), lr=0.02)
for step in range(600):
    batch = samples[torch.randint(n, (256,))]
    loss = -model.log_prob(batch).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(step, loss.item())
