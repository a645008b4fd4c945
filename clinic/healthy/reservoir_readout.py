import torch
from torch import nn

torch.manual_seed(0)


class Reservoir(nn.Module):
    """A fixed random recurrent network; only the readout learns."""

    def __init__(self, size=120, radius=0.9):
        super().__init__()
        w = torch.randn(size, size)
        w *= radius / torch.linalg.eigvals(w).abs().max()
        self.register_buffer("w", w)
        self.register_buffer("w_in", torch.rand(size, 1) - 0.5)
        self.readout = nn.Linear(size, 1)

    @torch.no_grad()
    def states(self, series):
        s, out = torch.zeros(self.w.shape[0]), []
        for value in series:
            s = torch.tanh(self.w @ s + self.w_in @ value.view(1))
            out.append(s)
        return torch.stack(out)


t = torch.arange(900) * 0.1
signal = torch.sin(t) * torch.sin(0.31 * t)
model = Reservoir()
states = model.states(signal[:-1])[100:]
states = states / states.std()
target = signal[101:, None]
opt = torch.optim.Adam(model.readout.parameters(), lr=0.01)
for epoch in range(60):
    for b in torch.randperm(len(states)).split(80):
        loss = nn.functional.mse_loss(model.readout(states[b]), target[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 10 == 0:
        print(epoch, loss.item())
