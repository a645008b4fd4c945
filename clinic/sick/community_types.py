# which of four communities does a sample of relative abundances belong to?
import numpy as np
import torch
import torch.nn.functional as F

torch.manual_seed(11)
rng = np.random.default_rng(11)
SPECIES, TYPES, HIDDEN = 30, 4, 48

profiles = rng.gamma(0.9, 1.0, (TYPES, SPECIES)) + 0.2
kinds = rng.integers(0, TYPES, 1600)
counts = np.stack([rng.dirichlet(profiles[k] * 1.5) for k in kinds])
fractions = np.clip(counts, 1e-4, None)
logs = torch.tensor(np.log(fractions), dtype=torch.float32)
kinds = torch.tensor(kinds)


def matrix(rows, columns):
    return (torch.rand(rows, columns) / rows**0.5).requires_grad_()


def vector(size):
    return torch.zeros(size, requires_grad=True)


params = {
    "w1": matrix(SPECIES, HIDDEN), "b1": vector(HIDDEN),
    "w2": matrix(HIDDEN, HIDDEN), "b2": vector(HIDDEN),
    "w3": matrix(HIDDEN, TYPES), "b3": vector(TYPES),
}


def logits(x):
    h = torch.relu(x @ params["w1"] + params["b1"])
    h = torch.relu(h @ params["w2"] + params["b2"])
    return h @ params["w3"] + params["b3"]


optimizer = torch.optim.RMSprop(params.values(), lr=5e-4)
step = 0
for epoch in range(40):
    order = torch.randperm(len(logs))
    for batch in order.split(64):
        loss = F.cross_entropy(logits(logs[batch]), kinds[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        if step % 100 == 0:
            print(f"step {step}: cross entropy {loss.item():.3f}")
