"""Overfitting: the training loss falls while the evaluation loss rises

From some point on the network learns its training samples by heart: on samples it has not trained on it gets worse.

## How it is measured

Losses that the script computes without gradients between training steps are evaluation losses; passes are told apart
by the lines that call them, so that an evaluation on training data and one on held-out data are two. The best value is
that of a running median over three passes. Then

- the evaluation loss has risen from its best by at least 15% of all it had gained, and by at least a tenth of its
  value, at the end of the run (mean of the last tenth of the passes, three at least). A first pass after an epoch comes
  when most is gained: until then it is taken to have fallen by as much as the training loss, or by the same factor if
  that is less;
- it rises by a trend (Mann-Kendall since the best, p < 0.05), over at least five passes since the best;
- the training loss has meanwhile fallen by a fifth or more.

## How to read it

Always `warning`: the best state lies behind, at the step named, and could have been kept. Accuracy may still rise while
the evaluation loss does: then the network becomes overconfident rather than wrong.

## Traps

Dropout and augmentation make the training loss larger than the evaluation loss: levels are not compared, only
directions. An evaluation loss that wiggles, or creeps up by a few percent at the end, is healthy. Evaluation on
training data falls along and says nothing.

## Remedies

Stop early and keep the best weights; more data or augmentation; dropout, weight decay; a smaller network.

## References

Prechelt 1998, "Early stopping, but when?"; Mann 1945, Econometrica 13 (trend test).
"""

import math

import numpy as np

from rectifier.diagnose.evidence import EvaluationHistory, Evidence, Floats
from rectifier.diagnose.finding import Finding, Remedy
from rectifier.diagnose.rules._course import rises
from rectifier.diagnose.words import SEVERAL, needed

FOLLOWS_FROM = ()

#: Of what was gained until the best pass. Healthy runs of the sweep, on small data, reach 9%.
REGAINED, RISEN = 0.15, 0.1
FALLEN = 0.2
PASSES, SINCE = 8, 5
#: Losses that tell where training began (a fast one leaves that at once), and where it was at a pass.
BEGINNING, RECENT = 2, 5


def check(evidence: Evidence) -> list[Finding] | str:
    if not evidence.evaluations:
        return "no evaluation loss was seen"
    if evidence.single_loss is None:
        return "no training loss was seen" if not evidence.losses else SEVERAL
    longest = max(len(e.steps) for e in evidence.evaluations)
    if longest < PASSES:
        return needed(longest, PASSES, "evaluation pass")
    found = [f for e in evidence.evaluations if (f := _check(e, evidence)) is not None]
    return [max(found, key=lambda f: f.evidence["regained"])] if found else []


def _check(e: EvaluationHistory, evidence: Evidence) -> Finding | None:
    assert evidence.single_loss is not None
    losses = e.losses
    if len(losses) < PASSES or not np.isfinite(losses).all():
        return None
    smooth = _running_median(losses)
    best = int(np.argmin(smooth))
    since = losses[best:]
    if len(since) - 1 < SINCE or rises(since) >= 0.05:
        return None
    end, least = float(np.mean(losses[-max(3, len(losses) // 10) :])), float(smooth[best])
    gained = _at_the_start(e, evidence) - least
    risen = end - least
    if risen < RISEN * abs(least) or (gained > 0 and risen < REGAINED * gained):
        return None
    before, after = _training_around(evidence, int(e.steps[best])), _training_at_end(evidence)
    if before is None or not np.isfinite(after) or after < 0 or after > (1 - FALLEN) * before:
        return None
    step = int(e.steps[best])
    return Finding(
        rule="overfitting",
        severity="warning",
        confidence=0.9 if len(since) >= 2 * SINCE else 0.8,
        step=step,
        evidence={
            "evaluation_best": least,
            "evaluation_end": end,
            "regained": risen / gained if gained > 0 else 1.0,
            "training_then": before,
            "training_end": after,
            "passes_since_best": float(len(since) - 1),
        },
        explanation=(
            f"The evaluation loss ({e.source.partition(' < ')[0]}) was lowest at step {step} with {least:.3g} and "
            f"has risen "
            f"to {end:.3g} since, while the training loss fell from {before:.3g} to {after:.3g}."
        ),
        remedies=(
            Remedy(name="early-stopping", summary=f"Stop at about step {step}, and keep the best weights."),
            Remedy(name="weight-decay", summary="Add weight decay (AdamW with 0.01 to 0.1) or dropout."),
            Remedy(
                name="more-data",
                summary="Train on more data, or on augmented data; or take a smaller network.",
                applicability="show-only",
            ),
        ),
    )


def _running_median(values: Floats) -> Floats:
    padded = np.concatenate([values[:1], values, values[-1:]])
    return np.array([float(np.median(padded[i : i + 3])) for i in range(len(values))])


def _at_the_start(e: EvaluationHistory, evidence: Evidence) -> float:
    """What the evaluation loss was before training, reckoned back from the first pass."""
    assert evidence.single_loss is not None
    steps, losses = evidence.single_loss
    until = losses[steps < e.steps[0]]
    first = float(e.losses[0])
    if len(until) <= BEGINNING:
        return first
    before, then = float(np.mean(until[:BEGINNING])), float(np.median(until[-RECENT:]))
    if not (then > 0 and math.isfinite(before) and before > then):
        return first
    return min(first * before / then, first + before - then)


def _training_around(evidence: Evidence, step: int) -> float | None:
    assert evidence.single_loss is not None
    steps, losses = evidence.single_loss
    width = max(5, len(losses) // 20)
    near = losses[(steps >= step - width) & (steps < step + width)]
    return float(np.mean(near)) if len(near) else None


def _training_at_end(evidence: Evidence) -> float:
    assert evidence.single_loss is not None
    losses = evidence.single_loss[1]
    return float(np.mean(losses[-max(5, len(losses) // 20) :]))
