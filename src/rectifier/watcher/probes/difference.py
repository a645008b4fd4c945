"""Whether the units of a layer differ at all: units that are alike compute the same, and get the same gradient.

How to read it: 1 for random weights, 0 where all units are copies of one. A layer of zeros has no value here; nor has a
matrix with a single unit.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor

from rectifier.record.rows import Difference, Row
from rectifier.watcher import compat
from rectifier.watcher.probes import ParameterProbe, Tensors

#: More units say no more about whether all are alike.
UNITS = 16


class DifferenceProbe(ParameterProbe):
    def after_step(self, parameters: Sequence[Tensor], kept: Any) -> Tensors:
        units = [p.detach()[:UNITS].flatten(1) for p in parameters if _has_units(p)]
        left = compat.norms([u - u.mean(dim=0) for u in units]) if units else ()
        whole = compat.norms(units) if units else ()
        return (*left, *whole)

    def rows(self, step: int, parameters: Sequence[Tensor], numbers: Sequence[int], values: Tensors) -> Iterable[Row]:
        numbers = [number for number, p in zip(numbers, parameters, strict=True) if _has_units(p)]
        for number, left, whole in zip(numbers, values[: len(numbers)], values[len(numbers) :], strict=True):
            if float(whole) > 0:
                yield Difference(step=step, parameter=number, spread=float(left) / float(whole))


def _has_units(parameter: Tensor) -> bool:
    return parameter.dim() > 1 and parameter.shape[0] > 1 and parameter.is_floating_point()


PROBE = DifferenceProbe()
