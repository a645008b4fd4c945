"""Size of every parameter's gradient and of the parameter itself, at the step (after unscaling and clipping)."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from rectifier.record.rows import Gradient, Row
from rectifier.watcher import compat
from rectifier.watcher.probes import ParameterProbe, Tensors


class GradientProbe(ParameterProbe):
    def after_step(self, parameters: Sequence[Tensor], kept: Any) -> Tensors:
        gradients = [p.grad for p in parameters if p.grad is not None and not p.grad.is_sparse]
        norms = iter(compat.norms([g.detach() for g in gradients]) if gradients else ())
        missing = torch.full((), -1.0)
        sizes = []
        for p in parameters:
            if p.grad is None:
                sizes.append(missing)
            elif p.grad.is_sparse:
                sizes.append(p.grad.detach().coalesce().values().norm())
            else:
                sizes.append(next(norms))
        return (*sizes, *compat.norms([p.detach() for p in parameters]))

    def rows(self, step: int, parameters: Sequence[Tensor], numbers: Sequence[int], values: Tensors) -> Iterable[Row]:
        for number, norm, weight in zip(numbers, values[: len(numbers)], values[len(numbers) :], strict=True):
            size = float(norm)
            yield Gradient(step=step, parameter=number, norm=None if size < 0 else size, weight=float(weight))


PROBE = GradientProbe()
