"""Friedman's third problem with resilient propagation: all rows at once, only the gradients' signs count."""

import torch
from sklearn.datasets import make_friedman3
from sklearn.preprocessing import QuantileTransformer

torch.manual_seed(23)
A, phase = make_friedman3(1800, noise=0.1, random_state=23)
A = QuantileTransformer(n_quantiles=200, output_distribution="normal", random_state=0).fit_transform(A)
A = torch.tensor(A, dtype=torch.float32)
phase = torch.tensor(phase, dtype=torch.float32)[:, None]
fit_A, fit_p, new_A, new_p = A[:1400], phase[:1400], A[1400:], phase[1400:]

approximator = torch.nn.Sequential(
    torch.nn.Linear(4, 20),
    torch.nn.ELU(),
    torch.nn.Linear(20, 20),
    torch.nn.ELU(),
    torch.nn.Linear(20, 1),
)
rprop = torch.optim.Rprop(approximator.parameters(), lr=0.01, etas=(0.5, 1.2), step_sizes=(1e-6, 1.0))


def mean_square(rows, wanted):
    return (approximator(rows) - wanted).square().mean()


for sweep in range(250):
    rprop.zero_grad()
    loss = mean_square(fit_A, fit_p)
    loss.backward()
    rprop.step()
    if sweep % 25 == 0:
        with torch.no_grad():
            print(f"sweep {sweep:3d}: {loss.item():.5f}, new rows {mean_square(new_A, new_p).item():.5f}")
