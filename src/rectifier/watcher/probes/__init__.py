"""What is measured on a looked-at step: one file per quantity, found by name.

A probe computes small tensors on the device of what it is given and never waits for them; they are fetched
once at the end of the look and given back to `rows`. A probe on activations sees the input of an activation
before the call (it may be overwritten by it), its output after it, and the backward signal; what it saw counts
only if a backward pass reached it. A probe on parameters is called around the optimizer's step.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from torch import Tensor

from rectifier.record.rows import Row
from rectifier.watcher.activations import Kind

Tensors = tuple[Tensor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """An activation applied once: which one, and along which axis its units lie."""

    kind: Kind
    axis: int

    def others(self, tensor: Tensor) -> list[int]:
        """All axes but the units'."""
        return [axis for axis in range(tensor.dim()) if axis != self.axis]


class ActivationProbe:
    """Measures at an activation. Whatever is not overridden costs nothing."""

    def before(self, x: Tensor, applied: Applied) -> Tensors:
        """From the input, before the activation is applied."""
        return ()

    def after(self, y: Tensor, applied: Applied) -> Tensors:
        """From the output."""
        return ()

    def backward(self, gradient: Tensor, applied: Applied) -> Tensors:
        """From the gradient of the loss by the output."""
        return ()

    def rows(self, step: int, site: int, seen: Sequence[Tensors]) -> Iterable[Row]:
        """From what `before`, `after` and `backward` gave, in this order, once per time the site was passed."""
        raise NotImplementedError


class ParameterProbe:
    """Measures parameters around an optimizer's step."""

    of_unseen = False  #: whether it is asked only of parameters whose layer was not seen at work
    needs_move = False  #: whether it compares the parameters with what they were before the step

    def before_step(self, parameters: Sequence[Tensor]) -> Any:
        """What must be kept until after the step."""
        return None

    def after_step(self, parameters: Sequence[Tensor], kept: Any) -> Tensors:
        """From the parameters and their gradients, after the step."""
        raise NotImplementedError

    def rows(self, step: int, parameters: Sequence[Tensor], numbers: Sequence[int], values: Tensors) -> Iterable[Row]:
        """From what `after_step` gave; `numbers` are the parameters' numbers in the record."""
        raise NotImplementedError


@cache
def probes() -> tuple[tuple[str, ActivationProbe | ParameterProbe], ...]:
    """Every probe of this package with its name: the modules' `PROBE`."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple((name, importlib.import_module(f"{__name__}.{name}").PROBE) for name in names)
