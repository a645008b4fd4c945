"""Exploding gradient: the backward signal grows with depth or time beyond what the run survives

Where each layer (or time step) multiplies the signal by more than one, it grows geometrically. The first updates then
throw the weights far away, the loss jumps by orders of magnitude or becomes NaN.

## How it is measured

- In depth: spread of the pre-activations at the last activation over that at the first, and the backward signal at the
  first over that at the last.
- In size: norm of a weight matrix's gradient over the norm of the matrix before the step, median over matrices.
- In time: the gradient norm of a look over the median of all looks before it; and, as most steps are not looked at, a
  loss over the largest of the five before it, if it is also above three times the largest of the first five.

## How to read it

`error` if one of four holds and the loss was harmed: the spread grows by more than 1e3 over depth; gradients exceed
ten times the weights at the start; the gradient norm, or the loss within a step, rose by more than a factor of 100.
The loss was harmed if it became non-finite, or ended above nine tenths of its start, or peaked above three times its
start, did not come down to a tenth, and did not get over it (to end below what it was before the peak, if that came
after the first tenth of the run). A loss that ends below half of what a prediction that ignores the input would reach
was not harmed. Healthy networks stay below 20 in depth.

## Traps

A single spike that the loss recovers from is no explosion. Scaled gradients of mixed precision are measured after
unscaling. Clipped gradients are measured after clipping, so a run that clips is judged by what its optimizer sees.
Sum-reduced losses have large gradients and small rates: without harm to the loss nothing is said.

## Remedies

Clip the gradient norm; initialise with the activation's gain; normalise; lower the learning rate; in recurrent
networks also shorter backpropagation through time or gated units.

## References

Pascanu et al. 2013, arXiv 1211.5063; Glorot and Bengio 2010; He et al. 2015, arXiv 1502.01852.
"""

import math

import numpy as np
from numpy.typing import NDArray

from rectifier.diagnose.evidence import Evidence, Floats
from rectifier.diagnose.finding import Finding, Remedy
from rectifier.diagnose.rules._course import RISE, got_over, gradient_norms
from rectifier.diagnose.rules._depth import chains
from rectifier.diagnose.rules._units import HALFWAY, LEARNED

FOLLOWS_FROM = ("poor-initialization", "learning-rate-too-high")

#: Spread over depth: healthy runs reach 18 in the course of training; sick ones 1.7e5 and more.
GROWN = 1e3
#: Gradient over weight at the first steps; 10 means that a rate of 0.1 replaces the weights.
HUGE = 10.0
BEFORE = 5
PEAK, STUCK = 3.0, 0.1


def check(evidence: Evidence) -> list[Finding] | str:
    if not evidence.parameters:
        return "no gradient was looked at"
    growing = [(ratio, one) for one in chains(evidence) if (ratio := one.first_ratio("spread")) is not None]
    grown, found = max(growing, key=lambda pair: pair[0], default=(None, None))
    in_depth = grown is not None and grown > GROWN
    if not _harmed(evidence, grown if grown is not None and in_depth else 1.0):
        return []
    sizes = _gradient_over_weight(evidence)
    early = float(np.median(sizes[:3, 1])) if len(sizes) else 0.0
    at, rise = _rise(evidence)
    text = []
    if in_depth and found is not None and grown is not None:
        first, last = found.histories[0], found.histories[-1]
        text.append(
            f"From {first.label} to {last.label} the signal grows by a factor of {grown:.2g} "
            f"({grown ** (1 / (len(found.histories) - 1)):.2g} per layer)."
        )
    if early > HUGE:
        text.append(f"At the first steps the gradients are {early:.2g} times as large as the weights themselves.")
    if rise > RISE:
        text.append(f"At step {at} the gradient norm is {rise:.2g} times its median until then.")
    losses = evidence.single_loss
    jump, jumped = _jump(*losses) if losses is not None else (0, 0.0)
    if rise <= RISE < jumped:
        at = jump
        text.append(f"At step {at} the loss jumped to {jumped:.2g} times what it was.")
    if not text:
        return []
    if losses is not None:
        text.append(f"The loss began at {losses[1][0]:.3g} and ends at {losses[1][-1]:.3g}.")
    return [
        Finding(
            rule="exploding-gradient",
            severity="error",
            confidence=0.95 if in_depth or early > HUGE else 0.8,
            step=0 if in_depth else at,
            where=tuple(h.place() for h in found.histories) if found is not None and in_depth else (),
            evidence={
                "spread_last_over_first": grown if grown is not None else float("nan"),
                "gradient_over_weight": early,
                "rise": rise,
                "loss_jump": jumped,
            },
            explanation=" ".join(text),
            remedies=(
                Remedy(
                    name="clip-gradients",
                    summary="Clip the gradient norm before each step (`clip_grad_norm_`).",
                ),
                Remedy(
                    name="he-initialization",
                    summary="Initialize the weights for the activations that follow: `rectifier.nn.init_for_(model)`.",
                ),
                Remedy(name="normalize", summary="Add batch or layer normalization before the activations."),
                Remedy(name="lower-learning-rate", summary="Lower the learning rate."),
            ),
        )
    ]


def _harmed(evidence: Evidence, grown: float) -> bool:
    """Whether the loss ended no better than it began, rose far above its start, or is no number any more.

    Outputs that begin too large by a factor begin with a loss too large by that factor at least: it has to fall below
    what it would have been without.
    """
    if evidence.single_loss is None:
        return False
    losses = evidence.single_loss[1]
    if not np.isfinite(losses).all():
        return True
    if evidence.skill is not None and evidence.skill >= HALFWAY:
        return False
    start = min(float(losses[0]), float(np.median(losses[: max(1, len(losses) // 20)])))
    end = float(np.mean(losses[-max(5, len(losses) // 10) :]))
    if start <= 0 or float(losses.min()) < 0:
        return False
    if grown > 1:
        return end > (1 - LEARNED) * start / grown
    learned = end <= (1 - LEARNED) * start
    if learned:
        return False
    return end > (1 - STUCK) * start or (float(losses.max()) > PEAK * start and not got_over(losses))


def _gradient_over_weight(evidence: Evidence) -> Floats:
    by_step: dict[int, list[float]] = {}
    for p in evidence.parameters:
        if p.is_matrix:
            for step, gradient, weight, update in zip(p.steps, p.gradient, p.weight, p.update, strict=True):
                # A norm beyond all numbers is the largest of all. The weight's is that after the step, to which a
                # large update has brought it.
                if not math.isnan(gradient) and 0 < weight < math.inf:
                    before = weight / max(1.0, update) if math.isfinite(update) else weight
                    by_step.setdefault(int(step), []).append(float(gradient / before))
    return np.array([(step, float(np.median(r))) for step, r in sorted(by_step.items())]).reshape(-1, 2)


def _rise(evidence: Evidence) -> tuple[int, float]:
    """Step and size of the largest rise of the gradient norm over the median of the looks before."""
    found = gradient_norms(evidence)
    steps, norms = list(found), np.array(list(found.values()))
    best = (0, 0.0)
    for i in range(5, len(steps)):
        median = float(np.median(norms[:i]))
        if median > 0 and norms[i] / median > best[1]:
            best = (steps[i], float(norms[i] / median))
    return best


def _jump(steps: NDArray[np.int64], losses: Floats) -> tuple[int, float]:
    """Step and size of the largest rise of the loss over the five before it, beyond where it began."""
    if len(losses) <= BEFORE:
        return 0, 0.0
    now, before = losses[BEFORE:], np.lib.stride_tricks.sliding_window_view(losses, BEFORE).max(1)[:-1]
    beyond = np.isfinite(now) & (now > PEAK * losses[:BEFORE].max()) & (before > 0)
    with np.errstate(all="ignore"):
        ratios = np.where(beyond, now / before, 0.0)
    best = int(np.argmax(ratios))
    return int(steps[BEFORE + best]), float(ratios[best])
