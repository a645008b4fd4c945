"""Size of the backward signal: the gradient of the loss by an activation's output.

How to read it: compare sites of one step with each other, first against last; the absolute size depends on
how the loss is reduced and on how far training has come.
"""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from rectifier.record.rows import Row, Signal
from rectifier.watcher import native
from rectifier.watcher.probes import ActivationProbe, Applied, Tensors


class SignalProbe(ActivationProbe):
    def backward(self, gradient: Tensor, applied: Applied) -> Tensors:
        # In double precision: the square of a signal that has vanished underflows in single precision.
        if gradient.dim() > 1 and native.can(gradient, applied.axis):
            _, norm, count = native.norms(gradient, applied.axis)
            return (norm / count.sqrt(),)
        norm = torch.linalg.vector_norm(gradient, dtype=torch.float64 if gradient.device.type == "cpu" else None)
        return (norm / math.sqrt(max(gradient.numel(), 1)),)

    def rows(self, step: int, site: int, seen: Sequence[Tensors]) -> Iterable[Row]:
        sizes = [float(tensors[0]) for tensors in seen if tensors]
        if sizes:
            yield Signal(step=step, site=site, rms=math.sqrt(sum(s * s for s in sizes) / len(sizes)))


PROBE = SignalProbe()
