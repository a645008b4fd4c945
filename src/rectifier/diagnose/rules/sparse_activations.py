"""Sparse activations: most activations are zeros, which is healthy: memory to be saved

A ReLU layer most of whose outputs are exactly zero while its units are alive is sparse, not ill: each sample uses few
of the units. Kept as bits and packed non-zeros, what backward needs of it takes a fraction of the memory.

## How it is measured

The share of outputs that are exactly zero, over the last five looks, at each rectifier with less than a fifth of its
units dead.

## How to read it

Always `info`: three quarters or more are zeros. `saved` is what lossless storage saves of one pass, in bytes, for
32-bit numbers: a bit for each output and four bytes for each that is not zero, instead of four bytes each.

## Traps

Half of the outputs are zero in any fresh ReLU network. Zeros that stem from dead units are `dying-relu`'s.

## Remedies

`rectifier.nn.lean()` keeps sparse activations packed; gradients stay the same to the last bit.

## References

Glorot et al. 2011 (sparse rectifier networks); Li et al. 2023, arXiv 2210.06313 ("The lazy neuron phenomenon").
"""

import numpy as np

from rectifier.diagnose.evidence import Evidence, SiteHistory
from rectifier.diagnose.finding import Finding, Remedy
from rectifier.diagnose.rules._places import together
from rectifier.diagnose.rules._units import SOME
from rectifier.diagnose.units import judge

FOLLOWS_FROM = ()

SPARSE = 0.75
LAST, LOOKS = 5, 3


def check(evidence: Evidence) -> list[Finding] | str:
    seen = [h for h in evidence.sites if h.site.rectifies and int((h.outputs > 0).sum()) >= LOOKS]
    if not seen:
        return [] if evidence.sites else "no activation was seen in a training pass"
    sparse = [(h, zeros) for h in seen if (zeros := _zeros(h)) >= SPARSE and not _partly_dead(h)]
    if not sparse:
        return []
    saved = sum(int(h.outputs[h.outputs > 0][-1]) * (4 * zeros - 1 / 8) for h, zeros in sparse)
    least, most = min(z for _, z in sparse), max(z for _, z in sparse)
    return [
        Finding(
            rule="sparse-activations",
            severity="info",
            confidence=1.0,
            step=None,
            where=together([h.place() for h, _ in sparse]),
            evidence={"zeros": most, "saved": saved},
            explanation=(
                f"{least:.0%}{f' to {most:.0%}' if round(most, 2) > round(least, 2) else ''} of these activations are "
                f"exactly zero, and the units are alive{_worth(saved)}."
            ),
            remedies=(
                Remedy(
                    name="lean",
                    summary="Train inside `with rectifier.nn.lean():`; the gradients stay the same to the last bit.",
                    applicability="safe",
                ),
            ),
        )
    ]


def _worth(saved: float) -> str:
    """What storing them packed saves; nothing is said of less than a megabyte."""
    return f": lossless sparse storage would save {saved / 1e6:.3g} MB per training step" if saved >= 1e6 else ""


def _zeros(history: SiteHistory) -> float:
    looked = history.outputs > 0
    outputs, non_zero = history.outputs[looked][-LAST:], history.non_zero[looked][-LAST:]
    return 1 - float(non_zero.sum()) / float(outputs.sum())


def _partly_dead(history: SiteHistory) -> bool:
    units = judge(history)
    if units is None:
        last = history.active[-LOOKS:]
        return bool(len(last)) and float(np.mean((last == 0).all(axis=0))) >= SOME
    return float(units.dead.mean()) >= SOME
