"""Bring the network's input to mean 0 and variance 1.

Mean and variance are taken over the inputs of the first `batches` training passes, for each feature of a table, each
channel of an image, and over everything where the input has another shape; then they stay. A feature that hardly varies
is scaled by the standard deviation of all. Integers (tokens, classes) are left alone.
"""

import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rectifier.treat.inside.script import Script

PARAMETERS = {"batches": 20}
SAFETY = "unsafe"
NAMES = {"standardize-input": ({"batches": 20},)}
ILLNESSES = {
    "learning-rate-too-high": ({"batches": 20},),
    "dying-relu": ({"batches": 20},),
    "born-dead-relu": ({"batches": 20},),
    "saturated-activation": ({"batches": 20},),
    "poor-initialization": ({"batches": 20},),
    "exploding-gradient": ({"batches": 20},),
    "non-finite": ({"batches": 20},),
    "loss-plateau": ({"batches": 20},),
}

#: A feature with less than this share of the standard deviation of all is scaled by that of all. Chosen by us: pixels
#: at the rim of an image are almost constant, and would be blown up.
FLAT = 0.1


def summary(batches: int) -> str:
    return "Scale the network's inputs to mean 0 and variance 1, with the mean and variance of the training set."


class _Scale:
    """Mean and variance of one network's input, from sums over its first batches."""

    def __init__(self) -> None:
        self.batches = 0
        self.count = 0
        self.total: Any = None
        self.squares: Any = None
        self.mean: Any = None
        self.deviation: Any = None

    def learn(self, x: Any) -> None:
        axes = _others(x)
        values = x.detach().double()
        size = values.numel() // max(1, values.shape[1] if len(axes) < values.dim() else 1)
        total, squares = values.sum(axes, keepdim=True), values.square().sum(axes, keepdim=True)
        self.total = total if self.total is None else self.total + total
        self.squares = squares if self.squares is None else self.squares + squares
        self.count += size
        self.batches += 1
        self.mean = self.total / self.count
        variance = (self.squares / self.count - self.mean.square()).clamp(min=0)
        everything = (self.squares.mean() / self.count - self.mean.mean().square()).clamp(min=1e-24).sqrt()
        deviation = variance.sqrt()
        self.deviation = deviation.where(deviation >= FLAT * everything, everything)

    def __call__(self, x: Any) -> Any:
        return ((x - self.mean) / self.deviation).to(x.dtype)


def _others(x: Any) -> tuple[int, ...]:
    """The axes to average over: not the features of a table, nor the channels of an image."""
    return tuple(d for d in range(x.dim()) if d != 1) if x.dim() in (2, 4) else tuple(range(x.dim()))


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    import torch

    scales: weakref.WeakKeyDictionary[Any, _Scale] = weakref.WeakKeyDictionary()

    def change(model: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
        x = arguments[0] if arguments else None
        if not isinstance(x, torch.Tensor) or not x.is_floating_point() or not x.numel() or x.requires_grad:
            return None  # what requires a gradient was made by another network
        scale = scales.setdefault(model, _Scale())
        if torch.is_grad_enabled() and scale.batches < parameters["batches"]:
            with torch.no_grad():
                scale.learn(x)
        if scale.mean is None:
            return None
        script.acted["standardize-input"] += 1
        return (scale(x), *arguments[1:])

    script.on_input(change)
