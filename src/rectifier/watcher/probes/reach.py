"""Which units of a weight matrix (or entries of a bias) got a gradient at all, at the step.

Asked only of layers that were not seen at work: compiled or scripted ones. A unit whose activation has a slope of zero
for every sample gets a gradient of exactly zero, and so do all of its weights.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor

from rectifier.record.rows import Reach, Row
from rectifier.watcher.probes import ParameterProbe, Tensors


class ReachProbe(ParameterProbe):
    of_unseen = True

    def after_step(self, parameters: Sequence[Tensor], kept: Any) -> Tensors:
        reached = [p.grad.detach() != 0 for p in parameters if p.grad is not None and _has_gradient(p)]
        return tuple(each.flatten(1).any(1) if each.dim() > 1 else each for each in reached)

    def rows(self, step: int, parameters: Sequence[Tensor], numbers: Sequence[int], values: Tensors) -> Iterable[Row]:
        numbers = [number for number, p in zip(numbers, parameters, strict=True) if _has_gradient(p)]
        for number, reached in zip(numbers, values, strict=True):
            counts = reached.int().numpy().astype("<u4")
            yield Reach(step=step, parameter=number, looks=1, reached=counts.tobytes())


def _has_gradient(parameter: Tensor) -> bool:
    return parameter.dim() > 0 and parameter.grad is not None and not parameter.grad.is_sparse


PROBE = ReachProbe()
