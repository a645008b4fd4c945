"""Where a bounded activation has next to no slope: the share of outputs there, and the units that are stuck.

How to read it: a sigmoid or tanh learns through its slope; a unit that lies beyond the bend for more than 95% of its
outputs passes next to no gradient. "Next to no slope" is below 1% of the largest (sigmoid: |x| > 6.0, tanh: |x| > 3.0).
"""

from collections.abc import Iterable, Sequence

from torch import Tensor

from rectifier.record.rows import Row, Saturation
from rectifier.watcher.probes import ActivationProbe, Applied, Tensors

STUCK = 0.95


class SaturationProbe(ActivationProbe):
    def after(self, y: Tensor, applied: Applied) -> Tensors:
        if applied.kind.flat is None:
            return ()
        low, high = applied.kind.flat
        flat = (y <= low) | (y >= high)
        return (flat.double().mean(dim=applied.others(y)) if y.dim() > 1 else flat.double(),)

    def rows(self, step: int, site: int, seen: Sequence[Tensors]) -> Iterable[Row]:
        shares = [tensors[0] for tensors in seen if tensors]
        if shares:
            mean = sum(shares[1:], start=shares[0]) / len(shares)
            yield Saturation(
                step=step, site=site, share=float(mean.mean()), stuck=float((mean > STUCK).double().mean())
            )


PROBE = SaturationProbe()
