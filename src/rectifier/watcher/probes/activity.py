"""How many samples each unit is active for: the measurement behind every statement about dead units.

How to read it: a unit that was active for none of n independent samples is active for fewer than 3/n of all
samples, at 95% confidence (rule of three; Hanley and Lippman-Hand 1983). The samples are the first axis: the
positions of a convolution or a sequence are not independent, so a unit counts as active for a sample if it is
active anywhere in it. Shares of zero elements do not find dead units and are kept as a separate number.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from rectifier.record.rows import Activity, Row
from rectifier.watcher import native
from rectifier.watcher.probes import ActivationProbe, Applied, Tensors


class ActivityProbe(ActivationProbe):
    def after(self, y: Tensor, applied: Applied) -> Tensors:
        kind = applied.kind
        if kind.low is None:
            return ()
        if y.dim() > 1 and native.can(y, applied.axis):
            counts, non_zero, seen, numbers = native.active(y, applied.axis, kind.low, kind.high)
            return (counts, seen, numbers, non_zero)
        # NaN is not <= low: a unit that is NaN is ill, but not dead.
        flat = y <= kind.low
        if kind.high is not None:
            flat |= y >= kind.high
        positions = [axis for axis in applied.others(y) if axis != 0] if y.dim() > 1 else []
        if positions:
            flat = flat.all(dim=tuple(positions))
        samples = flat.shape[0] if y.dim() > 1 else 1
        counts = samples - (flat.sum(dim=0) if y.dim() > 1 else flat.long())
        size = torch.full_like(counts[0], samples), torch.full_like(counts[0], y.numel())
        if positions or kind.low != 0 or kind.high is not None:
            return (counts, *size, (y != 0).sum())
        return (counts, *size)  # non-zero exactly where it is active

    def rows(self, step: int, site: int, seen: Sequence[Tensors]) -> Iterable[Row]:
        seen = [tensors for tensors in seen if tensors]
        if not seen:
            return
        active = seen[0][0].long()
        for tensors in seen[1:]:
            active = active + tensors[0].long()
        yield Activity(
            step=step,
            site=site,
            seen=sum(int(tensors[1]) for tensors in seen),
            active=active.numpy().astype("<u4").tobytes(),
            non_zero=sum(int(t[3]) if len(t) > 3 else int(t[0].sum()) for t in seen),
            outputs=sum(int(tensors[2]) for tensors in seen),
        )


PROBE = ActivityProbe()
