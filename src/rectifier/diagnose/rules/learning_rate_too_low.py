"""Learning rate too low: the loss falls steadily, but updates are negligible

Every step goes in the right direction and none goes anywhere: at this rate the run would take many times its length.

## How it is measured

By the update ratio (norm of the update over norm of the weight, median over the weight matrices that get a gradient; of
the thirds of the steps the one with the largest counts, so that warm-up and annealing do not).

- It is at most 1e-4, and the loss falls: a downward trend over the whole run (Mann-Kendall over 20 blocks, p < 0.01)
  that is, in its last third, still at least a third as steep as in its first.
- Or it is at most 10^-3.3, the loss falls like that, and the learning rate rises from the first step to the last: the
  run ends before its warm-up does.
- Or all updates together, laid end to end, are shorter than 2% of the weights. Between looks an update is as long as
  the learning rate says: a schedule that steps with every batch instead of every epoch leaves next to none.
- Or the highest rate of the run is the square of the one that the optimizer was given: the function of a `LambdaLR`
  returns a rate, where torch expects a factor of it.

And the loss has not fallen below half of where it began, nor below half of what a prediction that ignores the input
reaches.

## How to read it

`warning`; `error` if the loss fell by less than 5%. About 1e-3 is a usual update ratio; on scikit-learn's digits the
best runs of SGD and Adam lie between 10^-3.3 and 10^-1.65.

## Traps

Fine-tuning moves weights by 1e-5 of their size on purpose: its loss begins low, and what is below half of the trivial
loss is not accused. Dead layers, vanishing gradients and saturation make tiny updates at any rate: where one of them is
found nothing is said here. A converged network has tiny updates.

## Remedies

Three to ten times the rate, or a range test; an adaptive optimizer; scaled inputs; a factor from the schedule's
function.

## References

PyTorch documentation, "torch.optim.lr_scheduler.LambdaLR" (the function computes a multiplicative factor);
Smith 2017, arXiv 1506.01186 (range test); Bottou 2012, "Stochastic gradient descent tricks"; Mann 1945.
"""

import math
from collections.abc import Sequence

import numpy as np

from rectifier.diagnose.evidence import Evidence, Floats
from rectifier.diagnose.finding import Finding, Remedy
from rectifier.diagnose.rules._course import FEWEST, blocks, falls, path, solved, update_ratios
from rectifier.diagnose.rules._depth import chains
from rectifier.diagnose.rules._units import MOST, CannotJudge, dead_shares
from rectifier.diagnose.words import SEVERAL, needed

FOLLOWS_FROM = ("no-gradient", "born-dead-relu", "dying-relu", "vanishing-gradient", "saturated-activation")

#: The update ratio of the slowest of the good runs of the sweep on digits, and a tenth of it, rounded.
LEAST_OF_GOOD, SMALL = 10**-3.3, 1e-4
#: All updates end to end, over the size of the weights.
SHORT = 0.02
HALF, LITTLE = 0.5, 0.05
#: A rate within this of the square of another is that square; above `LARGEST` the two can be mistaken for each other.
SAME, LARGEST = 0.01, 0.5
_FADED = 1e-3


def check(evidence: Evidence) -> list[Finding] | str:
    if not evidence.steps:
        return "no training step was seen"
    if evidence.single_loss is None:
        return "no loss was seen" if not evidence.losses else SEVERAL
    losses = evidence.single_loss[1]
    if len(losses) < FEWEST:
        return needed(len(losses), FEWEST, "loss")
    ratios = update_ratios(evidence)
    if len(ratios) < 3:
        return "no update of a weight matrix was looked at often enough"
    if not np.isfinite(losses).all() or float(losses.min()) < 0:
        return []
    come = solved(evidence)
    if come is None or come >= HALF or _cannot_move(evidence):
        return []
    largest, way = _largest(ratios), path(evidence)
    if largest <= 0:
        return []
    rates = [s.rate for s in evidence.steps if s.rate is not None]
    warming = _rises_throughout(rates)
    steady = largest <= (LEAST_OF_GOOD if warming else SMALL) and _still_falls(losses)
    given, highest = evidence.scheduled_from, max(rates, default=0.0)
    squared = given is not None and 0 < given <= LARGEST and math.isclose(highest, given**2, rel_tol=SAME)
    if not (steady or way <= SHORT or squared):
        return []
    ends = max(5, len(losses) // 10)
    start, end = float(np.mean(losses[:ends])), float(np.mean(losses[-ends:]))
    return [
        Finding(
            rule="learning-rate-too-low",
            severity="error" if (start - end) / start < LITTLE else "warning",
            confidence=0.9 if squared or (steady and way <= SHORT) else 0.8,
            step=0,
            evidence={
                "update_ratio": largest,
                "path": way,
                "loss_start": start,
                "loss_end": end,
                "solved": come,
            },
            explanation=(
                (f"At a learning rate of {max(rates):g} an" if rates else "An")
                + f" update moves the weight matrices by {largest:.1g} of their size (median); about 0.001 is usual. "
                f"All {evidence.step_count} updates together come to {way:.1%}. The loss went from {start:.4g} "
                f"to {end:.4g}."
                + (" The rate still rises as the run ends: it is all warm-up." if warming and steady else "")
                + (
                    f" The optimizer was given {given:g}, and that is what the schedule multiplies it with: its "
                    "function returns a rate, where a factor is expected."
                    if squared
                    else ""
                )
            ),
            remedies=_remedies(rates, largest if warming else _first(ratios), given if squared else None),
        )
    ]


def _largest(ratios: Floats) -> float:
    """The median of the third of the steps in which it is largest: looks are denser where a run begins, and the more
    the less they cost."""
    third = (3 * (ratios[:, 0] - ratios[0, 0]) / (ratios[-1, 0] - ratios[0, 0] + 1)).astype(int)
    return max(float(np.median(ratios[third == n, 1])) for n in np.unique(third))


def _first(ratios: Floats) -> float:
    """The ratio of the first steps, which every run looks at: two of the same script get the same advice."""
    first = float(np.median(ratios[:3, 1]))
    return first if first > 0 else _largest(ratios)


def _rises_throughout(rates: Sequence[float]) -> bool:
    """Whether the learning rate is higher in every block of steps than in the one before."""
    return len(rates) >= FEWEST and bool((np.diff(blocks(np.array(rates))) > 0).all())


def _still_falls(losses: Floats) -> bool:
    means = blocks(losses)
    third = max(2, len(means) // 3)
    early, late = means[0] - means[third], means[-third - 1] - means[-1]
    return falls(means) < 0.01 and late > 0 and late >= early / 3


def _cannot_move(evidence: Evidence) -> bool:
    """Whether something else makes the updates small, at any rate."""
    try:
        if any(s.dead_share >= MOST for s in dead_shares(evidence)):
            return True
    except CannotJudge:
        pass
    ratios = [found.first_ratio(quantity) for found in chains(evidence) for quantity in ("signal", "spread")]
    if any(ratio is not None and ratio < _FADED for ratio in ratios):
        return True
    stuck = [float(np.nanmedian(h.stuck)) for h in evidence.sites if np.isfinite(h.stuck).any()]
    return any(share >= 0.5 for share in stuck)


def _remedies(rates: list[float], ratio: float, given: float | None) -> tuple[Remedy, ...]:
    """`given`: the rate of the optimizer, if the schedule has squared it."""
    factor = 1 / given if given else 10.0 ** max(1, min(4, round(math.log10(1e-3 / ratio))))
    summary = f"Raise the learning rate, for example to {max(rates) * factor:g}." if rates else "Take larger steps."
    mend = Remedy(
        name="factor-of-the-rate",
        summary="Let the schedule's function return a factor (1 for the whole rate), or give the optimizer `lr=1`.",
        applicability="show-only",
    )
    return (
        *([mend] if given else []),
        Remedy(name="raise-learning-rate", summary=summary, values={"factor": factor}),
        Remedy(
            name="adaptive-optimizer", summary="Use Adam at 0.001, whose steps do not depend on the gradient's size."
        ),
    )
