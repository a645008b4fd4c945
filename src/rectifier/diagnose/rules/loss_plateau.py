"""Loss plateau: no progress, far from solved

The loss stays where it is, and where it is, the network knows next to nothing of the task: it does no better than a
prediction that ignores its input.

## How it is measured

- Far from solved: the trivial loss is that of the best prediction that does not look at the input, computed from the
  targets that the loss function was given (cross entropy: the entropy of the classes' frequencies; squared error: the
  variance of the targets). The loss ends above 98% of it, and below its double. Where it is not known (a loss of the
  script's own): the loss ends within 5% of where it began.
- No progress: over the second half of the run, in ten blocks, the loss falls by less than 1%, or shows no downward
  trend (Mann-Kendall, p > 0.05); nor does it rise by more than 5%.

## How to read it

`error` if the trivial loss is known, `warning` if only the course is. A plateau has a cause; where one of the other
rules has found it, this finding stands behind it. Alone it says that the inputs may tell nothing about the targets,
that they are out of step (shuffled apart), or that the network cannot express the answer.

## Traps

A plateau of fewer than 50 steps (100 of the run) is none: language models rest where each word has its frequency, and
go on. A loss that stays flat at its floor is converged: the floor lies below the trivial loss, be it by a few percent,
where most of the targets are noise. A loss far above it, or one that rises, stands nowhere. Losses of games (several
optimizers), of reinforcement learning and negative ones do not measure what is solved: where the trivial loss is not
known, a loss whose tenths vary by more than a tenth is not judged.

## Remedies

Look at the data first: overfit a single batch. Then the learning rate, a range test; then activations and
initialisation.

## References

Mann 1945, Econometrica 13 (trend test); Schoop et al. 2021, UMLAUT (CHI; checks against what is trivial).
"""

import numpy as np

from rectifier.diagnose.evidence import Evidence
from rectifier.diagnose.finding import Finding, Remedy
from rectifier.diagnose.rules._course import blocks, falls
from rectifier.diagnose.words import SEVERAL, needed

FOLLOWS_FROM = (
    "non-finite",
    "no-gradient",
    "poor-initialization",
    "learning-rate-too-high",
    "born-dead-relu",
    "dying-relu",
    "exploding-gradient",
    "vanishing-gradient",
    "saturated-activation",
    "learning-rate-too-low",
)

#: Within this of where it began, nothing is learned. Chosen by us.
NOTHING = 0.95
#: The same of the trivial loss. In the sweep, networks that learn nothing end above 0.98 of it and below 1.3; those
#: that learn from targets of which four in five are noise end below 0.977.
SKILL, FAR = 0.02, -1.0
#: More than this over half of the run is no standing still.
RISEN = 0.05
#: Less than this over half of the run is no progress.
STILL = 0.01
#: So many losses make a plateau. A language model learns first how frequent each word is, and rests at that trivial
#: loss before it learns more: the LSTM of pytorch/examples' word_language_model, at its own rate of 20, from step 25
#: to 50. Of the clinic's plateaus the shortest run has 150 steps.
LASTS = 100
#: Parts of the second half vary by more than this: no loss of a fixed data set. Chosen by us.
QUIET = 0.1


def check(evidence: Evidence) -> list[Finding] | str:
    if not evidence.steps:
        return "no training step was seen"
    if evidence.single_loss is None:
        return "no loss was seen" if not evidence.losses else SEVERAL
    losses = evidence.single_loss[1]
    if len(losses) < LASTS:
        return needed(len(losses), LASTS, "loss")
    if not np.isfinite(losses).all():
        return []
    if float(losses.min()) < 0:
        return "the loss is negative at times: how far it has come cannot be told"
    half = losses[len(losses) // 2 :]
    means = blocks(half, 10)
    skill, trivial = evidence.skill, evidence.trivial_loss
    start, end = float(np.mean(losses[: max(5, len(losses) // 20)])), float(means[-3:].mean())
    if start <= 0:
        return []
    if skill is not None:
        if not FAR < skill < SKILL:
            return []
    elif end < NOTHING * start or end > start / NOTHING or float(means.std() / means.mean()) > QUIET:
        return []
    fallen = float((means[:3].mean() - means[-3:].mean()) / means[:3].mean())
    if fallen < -RISEN or (fallen >= STILL and falls(means) <= 0.05):
        return []
    if skill is not None and trivial is not None:
        text = (
            f"The loss ends at {end:.3g} and has not fallen over the second half of the run. A prediction that "
            f"ignores the "
            f"input would reach {trivial:.3g}: nothing of the task is learned."
        )
    else:
        text = f"The loss began at {start:.3g}, ends at {end:.3g} and has not fallen over the second half of the run."
    return [
        Finding(
            rule="loss-plateau",
            severity="error" if skill is not None else "warning",
            confidence=0.9 if skill is not None else 0.7,
            step=None,  # it has lasted for half of the run at least: whatever was found can have caused it
            evidence={
                "loss_start": start,
                "loss_end": end,
                "skill": skill if skill is not None else float("nan"),
                "fallen_in_second_half": fallen,
            },
            explanation=text,
            remedies=(
                Remedy(
                    name="check-data",
                    summary="See whether one batch can be learned by heart, and whether inputs and targets "
                    "belong together.",
                    applicability="show-only",
                ),
                Remedy(name="tune-learning-rate", summary="Try one third and three times the current learning rate."),
                Remedy(
                    name="he-initialization",
                    summary="Initialize the weights for the activations that follow: `rectifier.nn.init_for_(model)`.",
                ),
            ),
        )
    ]
