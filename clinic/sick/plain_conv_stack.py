import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(21)
bunch = load_digits()
pix = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 8 - 1
lab = torch.tensor(bunch.target)


def he(shape):
    fan_in = shape[1] * shape[2] * shape[3]
    return torch.normal(0.0, 2 / fan_in, shape).requires_grad_()


channels = [1, 12, 12, 12, 12, 12]
kernels = [he((o, i, 3, 3)) for i, o in zip(channels, channels[1:])]
shifts = [torch.zeros(o, requires_grad=True) for o in channels[1:]]
last = torch.normal(0.0, (1 / 48) ** 0.5, (10, 48)).requires_grad_()
last_shift = torch.zeros(10, requires_grad=True)


def predict(x):
    for depth, (k, s) in enumerate(zip(kernels, shifts)):
        x = F.leaky_relu(F.conv2d(x, k, s, padding=1), 0.05)
        if depth in (1, 3):
            x = F.avg_pool2d(x, 2)
    return F.linear(x.flatten(1), last, last_shift)


opt = torch.optim.SGD([*kernels, *shifts, last, last_shift], lr=0.05, momentum=0.9)
seen = 0
for epoch in range(12):
    for i in torch.randperm(len(pix)).split(40):
        objective = F.cross_entropy(predict(pix[i]), lab[i])
        opt.zero_grad()
        objective.backward()
        opt.step()
        seen += len(i)
    print(f"{seen:6d} pictures seen, cross entropy {objective.item():.3f}")
