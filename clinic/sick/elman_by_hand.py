import torch

torch.manual_seed(0)
# tell the number before the last
N, T, H = 600, 50, 40
x = torch.rand(N, T, 1)
target = x[:, -2]
GAIN = 2.4

W_in = (torch.randn(1, H) * 0.3).requires_grad_()
W_hh = (GAIN * torch.randn(H, H) / H**0.5).requires_grad_()
b_h = torch.zeros(H, requires_grad=True)
W_out = (torch.randn(H, 1) / H**0.5).requires_grad_()
params = [W_in, W_hh, b_h, W_out]


def rnn(batch):
    h = torch.zeros(len(batch), H)
    for t in range(T):
        h = torch.relu(batch[:, t] @ W_in + h @ W_hh + b_h)
    return h @ W_out


optimizer = torch.optim.Adam(params, lr=5e-3)
for step in range(150):
    i = torch.randint(N, (32,))
    loss = ((rnn(x[i]) - target[i]) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 30 == 0:
        print(step, loss.item())
