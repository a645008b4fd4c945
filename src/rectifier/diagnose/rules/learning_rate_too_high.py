"""Learning rate too high: the updates are too large for the weights

Each step moves the weights so far that what was learned is lost: the loss jumps, diverges or stays where it
began, and ReLUs are pushed to where no sample reaches them.

## How it is measured

Harm and a cause are both needed.

- Harm: the loss ends above nine tenths of where it began; or it ends above half of where it began and on the way
  killed half of a rectifier layer or peaked at more than three times its start, without getting over it (to end below
  what it was before the peak, if that came after the first tenth of the run); or it killed 90% of a layer and the loss
  ends above a twentieth of where it began.
- Harm, too: an update was as large as the weights, they have grown threefold since (held against such weights, later
  updates look small), and the loss ends above half of where it began, or above a tenth after such a peak.
- Cause, by the update ratio (norm of the update over norm of the weight, median over weight matrices): a step of
  at least 0.2, or a median over the first steps of at least 10^-1.4.
- Cause, by the loss: it rose ten times in a row or more, to more than a hundred times its size.
- Both at once, by the schedule: the loss ends with half of what it had gained lost again, at a rate twice that (or
  more) at which nine tenths had been gained (means over twentieths of the run).

A loss that only stands still, that was never halved, never peaked and killed no units, might do so for other reasons.
Then large updates must go on after the first 32 steps: the first ones of RMSprop, Adagrad and Adam are large by
construction.

Where the first updates are more than a hundred times as large as the weights, the gradients are out of all scale, and
not the rate: a five-hundredth of it would still be too high.

Where the loss is no number any more, it must have peaked, diverged or killed half of a layer before, or an update must
have been as large as the weights: else something else than the rate has made it so.

## How to read it

`error` if the loss ends hardly better than it began or 90% of a layer died, `warning` otherwise. A ratio of about
1e-3 is usual. On scikit-learn's digits the best runs of SGD and Adam lie between 10^-3.3 and 10^-1.65; from 10^-1.4
on accuracy falls.

## Traps

Adam's first steps have a high ratio by construction; warm-up starts at zero; a loss that bounces at the edge of
stability but falls over time is healthy; losses of games (several optimizers) and of reinforcement learning do
not fall and are not judged by their course. One batch on which the loss rises after a step is no evidence.

## Remedies

Divide the rate by 3 to 10; warm it up over the first steps; clip gradients; scale inputs to unit variance.

## References

Cohen et al. 2021, arXiv 2103.00065 (edge of stability); Smith 2017, arXiv 1506.01186 (learning-rate range test);
Goyal et al. 2017, arXiv 1706.02677 (warm-up).
"""

import math

import numpy as np

from rectifier.diagnose.evidence import Evidence, Floats
from rectifier.diagnose.finding import Finding, Remedy
from rectifier.diagnose.rules._course import FEWEST, RISE, blocks, got_over, gradient_norms
from rectifier.diagnose.rules._remedies import WARM_UP
from rectifier.diagnose.rules._units import CONVERGED, HALF, HALFWAY, LEARNED, MOST, CannotJudge, dead_shares
from rectifier.diagnose.words import SEVERAL, needed

FOLLOWS_FROM = ("poor-initialization", "exploding-gradient")

#: Update ratios. Sweep on scikit-learn's digits: every run that reached 97% stays below 10^-1.4 in its first epoch.
RATIO, ONE_STEP = 10**-1.4, 0.2
#: An update as large as the weights. Adagrad and RMSprop reach half of that in healthy first steps.
REPLACED = 1.0
#: Weights end so many times as large as that update has left them. In the sweep, healthy runs end at 1.8 times at most,
#: or learn.
OUTGROWN = 3.0
#: No rate is wrong by more than this: a factor of 500 lies between what people use for one optimizer.
FARTHEST = 500.0
#: The looks that count as "the first steps": about one epoch of the sweep.
FIRST_STEPS = 32
STUCK, PEAK = 0.1, 3.0
#: A loss that rises so many times in a row, to so many times its size, has no noise in it: it diverges. Chosen by us.
ROW, GROWN = 10, 100.0
#: A rate that is twice what it was has been raised on purpose; schedules that anneal in steps or waves end below.
RAISED = 2.0


def check(evidence: Evidence) -> list[Finding] | str:
    if not evidence.steps:
        return "no training step was seen"
    if evidence.single_loss is None:
        return "no loss was seen" if not evidence.losses else SEVERAL
    steps, losses = evidence.single_loss
    if len(losses) < 10:
        return needed(len(losses), 10, "loss")
    ratios = _ratios(evidence)
    diverges = _diverges(losses)
    if not len(ratios) and diverges is None:
        return "no update of a weight matrix was looked at"
    start = float(np.median(losses[:1])) if not math.isfinite(float(np.median(losses[:5]))) else float(losses[0])
    finite = losses[np.isfinite(losses)]
    end = float(np.mean(losses[-max(5, len(losses) // 10) :]))
    peak = float(np.max(finite)) if len(finite) else math.inf
    positive = bool(len(finite)) and float(np.min(finite)) >= 0 and start > 0
    fallen = 1 - end / start if positive and math.isfinite(end) else (-math.inf if positive else math.nan)
    if not positive or fallen >= CONVERGED:
        return []
    died = _died(evidence)
    peaked = peak > PEAK * start and not (math.isfinite(end) and got_over(losses))
    early = ratios[:, 0] <= FIRST_STEPS
    first = float(np.median(ratios[early, 1])) if early.any() else 0.0
    largest = float(np.max(ratios[:, 1], initial=0.0))
    far = first >= RATIO or (largest >= ONE_STEP and not _thrown(evidence, ratios))
    if first > FARTHEST * ONE_STEP:
        return []
    standing = abs(fallen) < STUCK and not peaked and died < HALF and _lowest(losses) >= HALFWAY * start
    if standing and not early.all():
        far = float(np.median(ratios[~early, 1])) >= RATIO
    worst = int(ratios[np.argmax(ratios[:, 1]), 0]) if len(ratios) else 0
    raised, grown = _raised(evidence), _grown(evidence, worst)
    harmed = (
        fallen < STUCK
        or (fallen < HALFWAY and (peaked or died >= HALF))
        or (fallen < CONVERGED and died >= MOST)
        or (fallen < (LEARNED if peaked else HALFWAY) and largest >= REPLACED and grown >= OUTGROWN)
        or raised is not None
    )
    if not math.isfinite(end) and not (peaked or died >= HALF or diverges is not None or largest >= REPLACED):
        return []  # no number any more, and nothing had grown: the rate has no part in it
    if not harmed or not (far or diverges is not None or raised is not None):
        return []
    rates = [s.rate for s in evidence.steps if s.rate is not None]
    shown = f"At a learning rate of {max(rates):g} the" if rates else "The"
    if raised is not None:
        at, best, before, after = raised
        text = (
            f"Around step {at}, at a learning rate of {before:.3g}, the loss had come down to {best:.3g}. The rate was "
            f"raised to {after:.3g} since, and half or more of that is lost again: the loss ends at {end:.3g}."
        )
    elif far:
        at = int(ratios[np.argmax(ratios[:, 1] >= (ONE_STEP if largest >= ONE_STEP else RATIO)), 0])
        text = (
            f"{shown} update of step {worst} moved the weight matrices by {_share(largest)} their size (median); "
            "about 0.1% is usual."
        )
        if largest >= REPLACED and grown >= OUTGROWN:
            text += f" They have grown to {grown:.2g} times their size since."
    else:
        assert diverges is not None
        at = int(steps[diverges])
        text = f"{shown} loss grows with every step: each one overshoots by more than it gains."
    if peaked:
        highest = int(steps[np.argmax(np.where(np.isfinite(losses), losses, -1))])
        text += f" The loss rose from {start:.3g} to {peak:.3g} at step {highest}"
        text += f" and ends at {end:.3g}." if math.isfinite(end) else "."
    elif fallen < HALFWAY:
        text += f" The loss began at {start:.3g} and ends at {end:.3g}."
    if died >= HALF:
        text += f" {died:.0%} of a layer's units died."
    return [
        Finding(
            rule="learning-rate-too-high",
            severity="error" if fallen < 2 * STUCK or died >= MOST else "warning",
            confidence=0.9 if fallen < STUCK and (peaked or died >= HALF) else 0.7,
            step=at,
            evidence={
                "largest_update_ratio": largest,
                "early_update_ratio": first,
                "loss_start": start,
                "loss_peak": peak,
                "loss_end": end,
                "died_share": died,
                "weight_growth": grown,
            },
            explanation=text,
            remedies=(
                Remedy(
                    name="lower-learning-rate",
                    summary=f"Lower the learning rate to about {max(rates) / 10:g}."
                    if rates
                    else "Take smaller steps.",
                ),
                Remedy(
                    name="standardize-input",
                    summary="If the inputs are not scaled: bring them to unit variance.",
                ),
                *([] if evidence.starts_low else [WARM_UP]),
                Remedy(name="clip-gradients", summary="Clip the gradient norm before each step."),
            ),
        )
    ]


def _diverges(losses: Floats) -> int | None:
    """Where a row of rising losses begins that is `ROW` long and ends `GROWN` times higher; None if there is none."""
    begun = 0
    for i in range(1, len(losses)):
        if not losses[i] > losses[i - 1]:
            begun = i
        elif i - begun >= ROW and losses[i] > GROWN * losses[begun] > 0:
            return begun
    return None


def _raised(evidence: Evidence) -> tuple[int, float, float, float] | None:
    """Step, loss and rate of the first twentieth of the run in which nine tenths of all gain were there, and the rate
    at the end: if that was raised in between, and half of the gain is lost. None if not so."""
    if evidence.single_loss is None:
        return None
    steps, losses = evidence.single_loss
    by_step = {s.step: s.rate for s in evidence.steps if s.loss is not None and s.rate is not None}
    if len(losses) < FEWEST or not np.isfinite(losses).all() or not all(int(s) in by_step for s in steps):
        return None
    means = blocks(losses)
    rates = blocks(np.array([by_step[int(s)] for s in steps]))
    start, end, rate = float(losses[0]), float(means[-2:].mean()), float(rates[-2:].mean())
    gained = start - float(means.min())
    learned = int(np.argmax(start - means >= MOST * gained))
    if gained < STUCK * start or start - end > HALFWAY * gained or rate < RAISED * float(rates[learned]):
        return None
    middle = int(steps[(2 * learned + 1) * len(steps) // (2 * len(means))])
    return middle, float(means[learned]), float(rates[learned]), rate


def _lowest(losses: Floats) -> float:
    """The least mean of five losses in a row."""
    return float(np.convolve(losses, np.full(5, 0.2), mode="valid").min())


def _thrown(evidence: Evidence, ratios: Floats) -> bool:
    """Whether the first update that is too large came out of the blue, with gradients far above all before it: then a
    batch, not the rate, is to blame."""
    step = int(ratios[np.argmax(ratios[:, 1] >= RATIO), 0])
    norms = gradient_norms(evidence)
    before = [norm for at, norm in norms.items() if at < step]
    return len(before) >= 5 and norms.get(step, 0.0) > RISE * float(np.median(before))


def _share(ratio: float) -> str:
    return f"{ratio:.0%} of" if ratio < 1 else f"{ratio:.3g} times"


def _ratios(evidence: Evidence) -> Floats:
    """(step, median over matrices of the update ratio) per look."""
    by_step: dict[int, list[float]] = {}
    for p in evidence.parameters:
        if p.is_matrix:
            for step, ratio in zip(p.steps, p.update, strict=True):
                if math.isfinite(ratio):
                    by_step.setdefault(int(step), []).append(float(ratio))
    return np.array([(step, float(np.median(r))) for step, r in sorted(by_step.items())]).reshape(-1, 2)


def _grown(evidence: Evidence, since: int) -> float:
    """Size of the weight matrices at the last look, over that after this step (median)."""
    pairs = [(p.weight[-1], p.weight[p.steps == since]) for p in evidence.parameters if p.is_matrix]
    grown = [float(end / then[0]) for end, then in pairs if len(then) and then[0] > 0 and math.isfinite(end)]
    return float(np.median(grown)) if grown else 1.0


def _died(evidence: Evidence) -> float:
    try:
        return max((s.died / s.history.site.units for s in dead_shares(evidence)), default=0.0)
    except CannotJudge:
        return 0.0
