"""Vanishing gradient: the backward signal shrinks with depth until the early layers hardly move

Each layer multiplies the backward signal by its weights and by the slope of its activation. Where these factors are
below one (a sigmoid's slope is at most 1/4) the signal shrinks geometrically with depth, and the first layers get
next to nothing: the network behaves like a much shallower one on random features, or does not learn at all.

## How it is measured

At each activation the root mean square of the backward signal, and of the spread of the pre-activations across
samples. Two scale-free ratios decide, over the looks of the first steps: the signal at the first activation over
that at the last, and the spread at the last over that at the first.

## How to read it

`error` if the loss has not fallen by a tenth and a ratio lies below 1e-3; `warning` if training does progress but a
ratio stays below 1e-3 to the end. Of the runs on small data that this rests on, healthy ones had a spread ratio
between 0.04 and 2.2 at the start, and sick ones at most 1.1e-4.

## Traps

A converged network has tiny gradients everywhere: absolute sizes are never used, and a loss below a tenth of its
start acquits. Behind a dead layer the signal is zero: that is the dead layer's finding. Frozen layers have no
gradient on purpose. Networks with fewer than four activations in a row are too shallow for it.

## Remedies

Activations of the ReLU family with He's initialisation; batch or layer normalisation; residual connections; fewer
layers; for sigmoid and tanh, Glorot's initialisation.

## References

Hochreiter 1991; Glorot and Bengio 2010 (initialisation); He et al. 2015, arXiv 1502.01852; Schoenholz et al. 2017,
arXiv 1611.01232 (depth of trainability).
"""

from typing import Literal

import numpy as np

from rectifier.diagnose.evidence import Evidence
from rectifier.diagnose.finding import Finding, Remedy, Where
from rectifier.diagnose.rules._depth import Chain, chains
from rectifier.diagnose.rules._units import LEARNED

FOLLOWS_FROM = (
    "non-finite",
    "poor-initialization",
    "born-dead-relu",
    "dying-relu",
    "saturated-activation",
    "learning-rate-too-high",
)

#: Healthy runs: 3.9e-2 to 2.2 at the first step; working but deep ones down to 5.5e-3; sick ones below 1.1e-4.
FADED = 1e-3
STUCK = 0.1
#: Of so many ill networks the explanation speaks.
MOST = 3


def check(evidence: Evidence) -> list[Finding] | str:
    networks = chains(evidence)
    if not networks:
        seen = any(np.isfinite(h.signal).any() for h in evidence.sites)
        return [] if seen else "no activation was seen in a training pass"
    progress = evidence.progress
    if progress is not None and progress >= LEARNED:
        return []
    stuck = progress is not None and progress < STUCK
    ill = [found for found in networks if _fades(found, stuck)]
    if not ill:
        return []
    worst = min(ill, key=lambda found: min(_ratio(found, "signal"), _ratio(found, "spread")))
    signal, spread = worst.first_ratio("signal"), worst.first_ratio("spread")
    surely = all(ratio is not None and ratio < FADED for ratio in (signal, spread))
    return [
        Finding(
            rule="vanishing-gradient",
            severity="error" if stuck else "warning",
            confidence=0.95 if stuck and surely else 0.8,
            step=0,
            where=tuple(place for found in ill for place in _where(found)),
            evidence={
                "signal_first_over_last": signal if signal is not None else float("nan"),
                "spread_last_over_first": spread if spread is not None else float("nan"),
                "activations": float(len(worst.histories)),
                "loss_fallen": progress if progress is not None else float("nan"),
            },
            explanation=" ".join(_explain(found, *_ratios(found)) for found in ill[:MOST]),
            remedies=_remedies(worst),
        )
    ]


def _fades(found: Chain, stuck: bool) -> bool:
    """Whether the signal or the differences fade at the first steps, and still do at the last or nothing is learned."""
    if all(ratio is None or ratio >= FADED for ratio in _ratios(found)):
        return False
    late = found.last_ratio("signal"), found.last_ratio("spread")
    return stuck or any(ratio is not None and ratio < FADED for ratio in late)


def _ratios(found: Chain) -> tuple[float | None, float | None]:
    return found.first_ratio("signal"), found.first_ratio("spread")


def _ratio(found: Chain, quantity: Literal["signal", "spread"]) -> float:
    ratio = found.first_ratio(quantity)
    return 1.0 if ratio is None else ratio


def _explain(found: Chain, signal: float | None, spread: float | None) -> str:
    first, last = found.histories[0].label, found.histories[-1].label
    text = ""
    if signal is not None and signal < FADED:
        text = f"From layer {last} back to layer {first} the gradient shrinks to {signal:.1g} of its size "
        if signal > 0:
            per_layer = signal ** (1 / (len(found.histories) - 1))
            text += f"(to {per_layer:.2g} of it per layer), so the first layers hardly learn. "
        else:
            text = f"No gradient reaches layer {first}: on the way from {last} it falls below the smallest number. "
    if spread is not None and spread < FADED:
        text += (
            f"From layer {first} to layer {last} the differences between samples shrink to {spread:.1g} of their "
            "size, so the last layers see almost the same input for every sample. "
        )
    return text.strip()


def _where(found: Chain) -> list[Where]:
    last = found.median_signals()
    return [
        h.place() for h, s in zip(found.histories, last, strict=True) if np.isfinite(s) and s <= np.nanmax(last) * 1e-2
    ]


def _remedies(found: Chain) -> tuple[Remedy, ...]:
    bounded = {"sigmoid", "tanh", "hardsigmoid", "softsign"}
    names = [h.site.activation for h in found.histories]
    swap = Remedy(name="relu", summary="Replace the sigmoids or tanhs by ReLU, with He's initialization.")
    init = Remedy(
        name="he-initialization",
        summary="Initialize with He's gain (`nn.init.kaiming_normal_`): otherwise each ReLU layer halves the power.",
    )
    rest = (
        Remedy(name="normalize", summary="Add batch or layer normalization before the activations."),
        Remedy(name="residual", summary="Add residual connections around pairs of layers."),
    )
    return (swap, init, *rest) if names[0] in bounded else (init, *rest)
