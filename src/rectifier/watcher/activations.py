"""Which torch calls apply an activation, and which one: modules, functions, methods and in-place forms alike.

A function mode sees `nn.ReLU`, `F.relu`, `torch.relu`, `x.relu()` and `x.relu_()` under different names but by
one road; here each is given its catalogue name. `clamp`, `maximum`, `threshold` and others are an activation
only with certain arguments.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from rectifier.watcher import compat


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """An activation as far as watching needs it."""

    name: str  #: catalogue name
    low: float | None = None  #: outputs at or below have zero slope; None: no such region
    high: float | None = None  #: outputs at or above have zero slope; None: no such region
    flat: tuple[float, float] | None = None  #: bounded: at outputs beyond these the slope is below 1% of its largest

    @property
    def rectifies(self) -> bool:
        """Whether there is a region of zero slope on the left, so that a unit can be dead."""
        return self.low is not None


Arguments = Mapping[str, Any]
Judge = Callable[[tuple[Any, ...], Arguments], Kind | None]

RELU = Kind(name="relu", low=0.0)
RELU6 = Kind(name="relu6", low=0.0, high=6.0)


def _argument(args: tuple[Any, ...], kwargs: Arguments, index: int, name: str, default: Any = None) -> Any:
    return args[index] if len(args) > index else kwargs.get(name, default)


def _clamp(args: tuple[Any, ...], kwargs: Arguments) -> Kind | None:
    low, high = _argument(args, kwargs, 1, "min"), _argument(args, kwargs, 2, "max")
    if isinstance(low, Tensor) or isinstance(high, Tensor) or low != 0:
        return None
    if high is None:
        return RELU
    return Kind(name="relu6" if high == 6 else "hardtanh", low=0.0, high=float(high))


def _maximum(args: tuple[Any, ...], kwargs: Arguments) -> Kind | None:
    other = _argument(args, kwargs, 1, "other")
    is_zero = isinstance(other, Tensor) and other.numel() == 1 and other.device.type == "cpu" and other.item() == 0
    return RELU if is_zero else None


def _threshold(args: tuple[Any, ...], kwargs: Arguments) -> Kind | None:
    threshold, value = _argument(args, kwargs, 1, "threshold"), _argument(args, kwargs, 2, "value")
    return Kind(name="relu" if threshold == 0 else "threshold", low=float(value)) if threshold == value else None


def _leaky_relu(args: tuple[Any, ...], kwargs: Arguments) -> Kind | None:
    return RELU if _argument(args, kwargs, 1, "negative_slope", 0.01) == 0 else Kind(name="leaky_relu")


def _hardtanh(args: tuple[Any, ...], kwargs: Arguments) -> Kind | None:
    low, high = _argument(args, kwargs, 1, "min_val", -1.0), _argument(args, kwargs, 2, "max_val", 1.0)
    return RELU6 if (low, high) == (0, 6) else Kind(name="hardtanh", flat=(float(low), float(high)))


#: sigmoid: slope y (1 - y), at most 1/4; tanh: 1 - y^2, at most 1; softsign: (1 - |y|)^2, at most 1.
_FLAT = {
    "sigmoid": (0.5 - math.sqrt(0.25 - 0.0025), 0.5 + math.sqrt(0.25 - 0.0025)),
    "tanh": (-math.sqrt(0.99), math.sqrt(0.99)),
    "softsign": (-0.9, 0.9),
    "hardsigmoid": (0.0, 1.0),
}


def _always(kind: Kind) -> Judge:
    return lambda args, kwargs: kind


# Spelled as torch spells them: `_` at the end is the in-place form. Where a name exists in several places
# (torch, torch.Tensor, torch.nn.functional), all of them are taken.
_JUDGES: dict[str, Judge] = {
    "relu": _always(RELU),
    "relu6": _always(RELU6),
    "clamp": _clamp,
    "clip": _clamp,
    "clamp_min": _clamp,
    "maximum": _maximum,
    "threshold": _threshold,
    "leaky_relu": _leaky_relu,
    "hardtanh": _hardtanh,
} | {
    name: _always(Kind(name=name, flat=_FLAT.get(name)))
    for name in (
        "prelu", "rrelu", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "hardswish", "hardsigmoid",
        "sigmoid", "tanh", "softsign", "logsigmoid",
    )
}  # fmt: skip


def _functions() -> dict[Any, Judge]:
    found: dict[Any, Judge] = {}
    for name, judge in _JUDGES.items():
        for place in (torch, Tensor, functional, compat.NN):
            for spelling in (name, f"{name}_"):
                function = getattr(place, spelling, None)
                if function is not None:
                    found[function] = judge
    return found


_TORCHS = _functions()


def stands_for(function: Any, original: Any) -> None:
    """A function that has been put in the place of one of torch's: torch hands it to a mode under its own name."""
    _TORCHS[function] = _TORCHS[original]


_BY_CLASS = {name.replace("_", ""): judge for name, judge in _JUDGES.items()}
_SETTINGS = ("negative_slope", "min_val", "max_val", "threshold", "value")


def kind_of(module: torch.nn.Module) -> Kind | None:
    """The activation that a module of torch's or of `rectifier.nn` applies; None if it is another module.

    >>> kind_of(torch.nn.LeakyReLU()).name, kind_of(torch.nn.Linear(2, 2))
    ('leaky_relu', None)
    """
    kind = type(module)
    if isinstance(module, torch.jit.ScriptModule):
        name = str(getattr(module, "original_name", ""))
    elif kind.__module__.startswith(("torch.nn.modules.", "rectifier.nn.")):
        name = kind.__name__
    else:
        return None
    judge = _BY_CLASS.get(name.lower())
    if judge is None:
        return None
    return judge((), {key: getattr(module, key) for key in _SETTINGS if hasattr(module, key)})


def judge_of(function: Any) -> Judge | None:
    """What says which activation a call of this function applies; None if it is no activation.

    `rectifier.nn`, which a script need not have, is told by its name: looking does not import it.
    """
    if (found := _TORCHS.get(function)) is not None:
        return found
    if type(function) is FunctionType and function.__module__ == "rectifier.nn.functional":
        return _JUDGES.get(function.__name__)
    return None
