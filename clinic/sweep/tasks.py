"""Data sets that scikit-learn ships or makes, and the score of a prediction."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from sklearn import datasets
from torch import Tensor

#: Samples kept out of training, at least, by share.
HELD_OUT = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Inputs and targets, and what a score on them is worth."""

    x: Tensor
    y: Tensor  #: class numbers, or values of zero mean and unit variance
    held_x: Tensor
    held_y: Tensor
    outputs: int
    trivial: float  #: score of the best prediction that ignores the input
    enough: float  #: score with which all is learned that has to be; see ENOUGH

    @property
    def classes(self) -> bool:
        return self.y.dtype == torch.int64

    def score(self, out: Tensor) -> float:
        """Accuracy, or share of the variance that is explained; what is not finite has learned nothing."""
        if not bool(torch.isfinite(out).all()):
            return self.trivial if self.classes else -1.0
        if self.classes:
            return float((out.argmax(1) == self.y).float().mean())
        return max(-1.0, float(1 - (out - self.y).square().mean() / self.y.square().mean()))


#: Scores from which on more is not asked for: what scikit-learn's own models reach, rounded down (linear regression on
#: diabetes 0.5, an SVM on digits 0.98), and for what is made, what its noise allows. Chosen by us.
ENOUGH = {
    "digits": 0.98, "wine": 0.98, "breast_cancer": 0.97, "iris": 0.96, "diabetes": 0.5, "friedman": 0.9, "moons": 0.95,
    "blobs": 0.97, "digits-again": 0.8,
}  # fmt: skip


def _made(name: str) -> tuple[Any, Any]:
    made: tuple[Any, Any]
    if name == "friedman":
        made = datasets.make_friedman1(1000, noise=0.5, random_state=0)
    elif name == "moons":
        made = datasets.make_moons(800, noise=0.15, random_state=0)
    else:
        made = datasets.make_blobs(900, n_features=10, centers=5, cluster_std=3.0, random_state=0)
    return made


@cache
def load(name: str, size: int | None = None, noise: float = 0.0) -> Task:
    """A task by name, with its training set cut to `size` samples and a share of its labels drawn at random."""
    made = name in ("friedman", "moons", "blobs")
    raw = _made(name) if made else getattr(datasets, "load_" + name.removesuffix("-again"))(return_X_y=True)
    random = np.random.default_rng(0)
    order = random.permutation(len(raw[0]))
    inputs = torch.tensor(np.asarray(raw[0])[order], dtype=torch.float32)
    x = inputs / 16 if name.startswith("digits") else (inputs - inputs.mean(0)) / inputs.std(0)
    if name == "digits-again":
        y = x - x.mean(0)
    elif name in ("diabetes", "friedman"):
        y = torch.tensor(np.asarray(raw[1])[order], dtype=torch.float32)[:, None]
        y = (y - y.mean()) / y.std()
    else:
        y = torch.tensor(np.asarray(raw[1])[order], dtype=torch.int64)
    kept = int(len(x) * (1 - HELD_OUT))
    held_x, held_y, x, y = x[kept:], y[kept:], x[:kept][:size], y[:kept][:size]
    classes = y.dtype == torch.int64
    outputs = int(held_y.max()) + 1 if classes else y.shape[1]
    if noise and classes:
        wrong = torch.tensor(random.random(len(y)) < noise)
        y = torch.where(wrong, torch.tensor(random.integers(0, outputs, len(y))), y)
    return Task(
        x=x, y=y, held_x=held_x, held_y=held_y, outputs=outputs,
        trivial=float(torch.bincount(y).max() / len(y)) if classes else 0.0,
        enough=ENOUGH[name],
    )  # fmt: skip
