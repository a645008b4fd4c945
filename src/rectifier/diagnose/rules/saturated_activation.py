"""Saturated activation: bounded activations stuck where the slope is next to zero

A sigmoid, tanh or other bounded activation learns through its slope. A unit whose input lies far beyond the bend for
almost every sample passes next to no gradient to its own weights nor to the layers before it.

## How it is measured

For each bounded activation whose output goes into another layer: a unit is stuck if more than 95% of its outputs lie
where the slope is below 1% of its largest (sigmoid: |x| > 6.0; tanh: |x| > 3.0; hard forms: exactly flat). The share
of stuck units, as the median over the last five looks.

## How to read it

Half of a layer's units are stuck and the loss has not fallen below half of where it began (nor of the trivial loss):
`warning`; nine tenths are stuck: `error`. `info` where the network learns all the same. Where no loss can tell, as in a
game of several optimizers: `warning` if the layer gives about the same for every sample, that is, its inputs differ by
less than a third of their size; else `info`.

## Traps

Outputs of the network saturate when it is confident: they feed no layer and are not judged. Gates open and close: with
a loss that falls they are healthy. A converged classifier may be saturated. A generator of black and white pictures
ends in the flat parts, but on both sides.

## Remedies

Smaller initial weights (Glorot's for these activations); inputs scaled to unit variance; normalisation in front of the
activation; a lower learning rate; ReLU instead.

## References

Glorot and Bengio 2010 (saturation of sigmoid layers); LeCun et al. 1998, "Efficient BackProp" (input scaling).
"""

import numpy as np

from rectifier.diagnose.evidence import Evidence, SiteHistory
from rectifier.diagnose.finding import Finding, Remedy, Severity
from rectifier.diagnose.rules._course import solved
from rectifier.diagnose.rules._places import together

FOLLOWS_FROM = ("non-finite", "poor-initialization", "learning-rate-too-high", "exploding-gradient")

HALF, MOST = 0.5, 0.9
LAST, LOOKS = 5, 3
#: Training has come so far: then saturated layers do no harm that matters.
HALFWAY = 0.5
#: Spread of the inputs across samples over their size: below, they lie three deviations to one side of zero.
ONE_SIDE = 1 / 3


def check(evidence: Evidence) -> list[Finding] | str:
    bounded = [h for h in evidence.sites if np.isfinite(h.stuck).any() and h.site.feeds and h.site.units > 1]
    if not bounded:
        return [] if evidence.sites else "no activation was seen in a training pass"
    if max(int(np.isfinite(h.stuck).sum()) for h in bounded) < LOOKS:
        return f"fewer than {LOOKS} looks were taken"
    ill = [(h, share) for h in bounded if (share := _stuck(h)) >= HALF]
    if not ill:
        return []
    worst, share = max(ill, key=lambda pair: pair[1])
    come = solved(evidence)
    severity: Severity = "info"
    if come is not None and come < HALFWAY:
        severity = "error" if share >= MOST else "warning"
    elif come is None and any(_is_constant(h) for h, _ in ill):
        severity = "warning"
    since = min(int(h.steps[np.argmax(h.stuck >= HALF)]) for h, _ in ill)
    return [
        Finding(
            rule="saturated-activation",
            severity=severity,
            confidence=0.9 if share >= MOST else 0.8,
            step=since,
            where=together([h.place(round(s * h.site.units)) for h, s in ill]),
            evidence={
                "stuck_share": share,
                "flat_outputs": float(np.nanmedian(worst.flat[-LAST:])),
                "solved": come if come is not None else float("nan"),
            },
            explanation=(
                f"{share:.0%} of the units of layer {worst.label} give, for over 95% of "
                f"their "
                f"outputs, values at which the slope of {worst.site.activation} is below 1% of its largest"
                f"{', from the first step on' if since == 0 else f', since about step {since}'}. Next to no gradient "
                "passes them, to their own weights or to the layers before."
            ),
            remedies=(
                Remedy(
                    name="glorot-initialization",
                    summary="Initialize with Glorot's scale (`nn.init.xavier_normal_`, with the activation's gain).",
                ),
                Remedy(name="standardize-input", summary="Scale the inputs to mean 0 and variance 1."),
                Remedy(name="normalize", summary="Add batch or layer normalization before the activation."),
                Remedy(
                    name="lower-learning-rate", summary="If they saturated in the course of training: lower the rate."
                ),
                Remedy(name="relu", summary="Replace it by ReLU, with He's initialization."),
            ),
        )
    ]


def _is_constant(history: SiteHistory) -> bool:
    """Whether the units give about the same for every sample."""
    spread, rms = history.spread[-LAST:], history.rms[-LAST:]
    measured = np.isfinite(spread) & (rms > 0)
    return bool(measured.any()) and float(np.median(spread[measured] / rms[measured])) < ONE_SIDE


def _stuck(history: SiteHistory) -> float:
    seen = history.stuck[np.isfinite(history.stuck)]
    return float(np.median(seen[-LAST:])) if len(seen) >= LOOKS else 0.0
