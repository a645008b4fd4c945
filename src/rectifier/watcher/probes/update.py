"""How far a step moves each parameter, relative to its size: the update ratio.

Matrices only: vectors (biases, the scales of normalisation) often start at zero, where a ratio means nothing.
Estimated on at most 4096 evenly spaced entries of each, so that a look costs the same for a large layer as for
a small one. How to read it: about 1e-3 is usual.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor

from rectifier.record.rows import Row, Update
from rectifier.watcher import compat
from rectifier.watcher.probes import ParameterProbe, Tensors

SAMPLE = 4096


def _sample(parameter: Tensor) -> Tensor:
    flat = parameter.detach().reshape(-1)
    return flat[:: -(-flat.numel() // SAMPLE)] if flat.numel() > SAMPLE else flat


def _matrices(parameters: Sequence[Tensor]) -> list[Tensor]:
    return [p for p in parameters if p.dim() > 1]


class UpdateProbe(ParameterProbe):
    needs_move = True

    def before_step(self, parameters: Sequence[Tensor]) -> list[Tensor]:
        return [_sample(p).clone() for p in _matrices(parameters)]

    def after_step(self, parameters: Sequence[Tensor], kept: Any) -> Tensors:
        matrices = _matrices(parameters)
        if not kept or len(kept) != len(matrices):
            return ()
        moved = compat.differences([_sample(p) for p in matrices], kept)
        return (*compat.norms(moved), *compat.norms(kept))

    def rows(self, step: int, parameters: Sequence[Tensor], numbers: Sequence[int], values: Tensors) -> Iterable[Row]:
        if not values:
            return
        numbers = [number for number, p in zip(numbers, parameters, strict=True) if p.dim() > 1]
        for number, moved, size in zip(numbers, values[: len(numbers)], values[len(numbers) :], strict=True):
            ratio = float(moved) / float(size) if float(size) else (float("inf") if float(moved) else 0.0)
            yield Update(step=step, parameter=number, ratio=ratio)


PROBE = UpdateProbe()
