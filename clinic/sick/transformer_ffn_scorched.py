import torch
from torch import nn

torch.manual_seed(0)
# reverse a short sequence
V, L = 10, 6
src = torch.randint(0, V, (1500, L))
tgt = src.flip(1)


class Attention(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.qkv = nn.Linear(d, 3 * d)
        self.o = nn.Linear(d, d)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        a = torch.softmax(q @ k.transpose(1, 2) / q.shape[-1] ** 0.5, -1)
        return self.o(a @ v)


class Layer(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.attn, self.n1, self.n2 = Attention(d), nn.LayerNorm(d), nn.LayerNorm(d)
        self.ff1, self.ff2 = nn.Linear(d, 64), nn.Linear(64, d)

    def forward(self, x):
        x = self.n1(x + self.attn(x))
        return self.n2(x + self.ff2(torch.relu(self.ff1(x))))


class Reverser(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.tok, self.pos = nn.Embedding(V, d), nn.Embedding(L, d)
        self.layers = nn.ModuleList([Layer(d), Layer(d)])
        self.lm_head = nn.Linear(d, V)

    def forward(self, x):
        x = self.tok(x) + self.pos(torch.arange(L))
        for layer in self.layers:
            x = layer(x)
        return self.lm_head(x)


model = Reverser()
opt = torch.optim.Adam(model.parameters(), lr=0.3)
for step in range(300):
    b = torch.randint(len(src), (64,))
    loss = nn.functional.cross_entropy(model(src[b]).flatten(0, 1), tgt[b].flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 60 == 0:
        print(step, loss.item())
