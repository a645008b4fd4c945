"""Dying ReLU: units that used to fire and never fire any more

A ReLU passes positive pre-activations and turns the rest into zero, with slope zero. A unit whose pre-activation
is negative for every sample gives zero everywhere and gets a gradient of exactly zero: gradient descent cannot
bring it back. One large update of its weights or bias is enough. It computes nothing and learns nothing from
then on.

## How it is measured

At every look, for every unit, the samples for which the slope is not zero are counted (a unit is a feature of a
linear layer or a channel of a convolution; a channel is active for a sample if it is active at any position).
A unit has died if it was active before and then for none of at least 300 samples over at least 3 looks, up to
the end of the run; of 100 samples, where 90% of its layer's units are silent with it. It is then active for fewer than
3/n of all samples, at 95% confidence (the rule of three).
Shares of zero outputs are not used: half of all outputs are zero in a healthy network.

## How to read it

- `error`: 90% or more of a layer's units are dead.
- `warning`: half or more are dead and the loss has not fallen below half of where it began.
- `info`: a fifth or more are dead, and the network learns all the same. Wide networks can afford it.

A network whose loss has fallen below a twentieth of where it began is never accused: on scikit-learn's digits a
network with 67% of its units dead reached the accuracy of one with none.

## Traps

Sparse is not dead: on small batches a healthy layer shows over 90% zeros and no dead unit. Units that never
fired since the first step are `born-dead-relu`. NaN outputs are `non-finite`, not dead.

## Remedies

Lower the learning rate or warm it up; scale the inputs to about unit variance; clip gradients; use
`leaky_relu` or `elu`, whose slope is never zero; initialise with He's gain.

## References

Lu et al. 2019, arXiv 1903.06733; Maas et al. 2013 (leaky ReLU); Sokar et al. 2023, arXiv 2302.12902 (dormant
units); Hanley and Lippman-Hand 1983, JAMA 249 (the rule of three).
"""

from rectifier.diagnose.evidence import Evidence
from rectifier.diagnose.finding import Finding, Remedy
from rectifier.diagnose.rules._remedies import WARM_UP
from rectifier.diagnose.rules._units import (
    LEARNED,
    CannotJudge,
    Share,
    dead_shares,
    describe,
    places,
    severity,
)

FOLLOWS_FROM = (
    "non-finite",
    "learning-rate-too-high",
    "exploding-gradient",
    "poor-initialization",
    "born-dead-relu",
)


def check(evidence: Evidence) -> list[Finding] | str:
    try:
        shares = dead_shares(evidence)
    except CannotJudge as reason:
        return str(reason)
    ill = [s for s in shares if s.died >= s.born and severity(s) is not None]
    if not ill:
        return []
    worst = max(ill, key=lambda s: s.dead_share)
    grades = [severity(s) for s in ill]
    grade = next(g for g in ("error", "warning", "info") if g in grades)
    first = min(s.since for s in ill)
    return [
        Finding(
            rule="dying-relu",
            severity=grade,
            confidence=1 - max(s.bound for s in ill) if grade == "error" else 0.8,
            step=first,
            where=places(ill),
            evidence={
                "dead_share": worst.dead_share,
                "rate_bound": worst.bound,
                "samples": 3 / worst.bound,
                "loss_fallen": worst.progress if worst.progress is not None else float("nan"),
            },
            explanation=_explain(ill, worst.progress, evidence.step_count),
            remedies=_remedies(evidence, only_outputs=not any(s.history.site.feeds for s in ill)),
        )
    ]


def _explain(ill: list[Share], progress: float | None, steps: int) -> str:
    text = [describe(ill, "died", steps)]
    text.append(
        "A dead unit outputs zero for every sample, and its own weights get a gradient of exactly zero: only what else "
        "moves them or its inputs can wake it (weight decay, layers before it, the script)."
    )
    if not any(share.history.site.feeds for share in ill):
        text.append("It is an output of the network, which so gives zero whatever the target.")
    if progress is not None and progress >= LEARNED:
        text.append("The network learns with the units it has left.")
    elif progress is not None and progress < 0.1:
        text.append("The loss is where it began: what reaches the layers behind is almost constant.")
    return " ".join(text)


def _remedies(evidence: Evidence, *, only_outputs: bool) -> tuple[Remedy, ...]:
    rates = [s.rate for s in evidence.steps if s.rate is not None]
    lower = f", for example {max(rates) / 10:g} instead of {max(rates):g}" if rates else ""
    if only_outputs:
        return (
            Remedy(
                name="no-output-activation",
                summary="Take the activation off the output, or see that no target is below zero.",
                applicability="show-only",
            ),
        )
    warms_up = evidence.starts_low
    return (
        Remedy(name="lower-learning-rate", summary=f"Lower the learning rate{lower}: large updates can kill units."),
        Remedy(
            name="standardize-input",
            summary="Scale the inputs to mean 0 and variance 1: large inputs make large updates.",
        ),
        *([] if warms_up else [WARM_UP]),
        Remedy(name="leaky-relu", summary="Replace ReLU by leaky ReLU or ELU: their slope is never zero."),
        Remedy(name="clip-gradients", summary="Clip the gradient norm before each step."),
    )
