"""Born-dead ReLU: units that have not fired since the first step

Some units, or whole layers, are dead as initialised: with a bias far below zero, with weights of one sign, or by
chance in deep and narrow networks (each layer's input shrinks to one direction, which a whole layer can lie
behind). Behind a layer that is dead as a whole, unless a connection leads around it, every output is
constant and no gradient passes.

## How it is measured

As for `dying-relu`, but the unit was never active, from the first look on. A layer that is dead as a whole at the
first step and never wakes is a fact for the samples seen, not a statistic.

## How to read it

- `error`: 90% or more of a layer's units were never active.
- `warning`: half or more, and the loss has not fallen below half of where it began.
- `info`: a fifth or more, and the network learns all the same.

For a ReLU network with symmetric weights and zero bias, the probability that it is born dead is at most
1 - prod(1 - 2^-N_l) over its hidden layers of width N_l: under 1% for 10 layers of width 10, and over 10% for
width 5.

## Traps

A layer in front of a zero-initialised residual branch is meant to start at zero, and wakes. In very deep networks
with He's initialisation 40% of the units can be silent on one batch and the network still learns.

## Remedies

Initialise again (another seed); He's gain with zero or slightly positive bias; wider layers; `leaky_relu`; a skip
connection around the layer; normalisation before the activation.

## References

Lu et al. 2019, arXiv 1903.06733 (probability of being born dead); He et al. 2015, arXiv 1502.01852.
"""

from rectifier.diagnose.evidence import Evidence
from rectifier.diagnose.finding import Finding, Remedy
from rectifier.diagnose.rules._units import CannotJudge, dead_shares, describe, places, severity

FOLLOWS_FROM = ("non-finite", "poor-initialization")


def check(evidence: Evidence) -> list[Finding] | str:
    try:
        shares = dead_shares(evidence)
    except CannotJudge as reason:
        return str(reason)
    ill = [s for s in shares if s.born > s.died and severity(s) is not None]
    if not ill:
        return []
    grades = [severity(s) for s in ill]
    grade = next(g for g in ("error", "warning", "info") if g in grades)
    worst = max(ill, key=lambda s: s.dead_share)
    text = [describe(ill, "born", evidence.step_count)]
    if worst.dead_share == 1.0:
        text.append(
            f"Layer {worst.layer} outputs the same values for every sample. Unless a skip connection bypasses it, "
            "later layers cannot tell samples apart, and earlier layers get no gradient."
        )
    return [
        Finding(
            rule="born-dead-relu",
            severity=grade,
            confidence=1 - max(s.bound for s in ill) if grade == "error" else 0.8,
            step=0,
            where=places(ill),
            evidence={"dead_share": worst.dead_share, "rate_bound": worst.bound, "samples": 3 / worst.bound},
            explanation=" ".join(text),
            remedies=(
                Remedy(
                    name="he-initialization",
                    summary="Initialize the layer with He's gain and a bias of zero (`nn.init.kaiming_normal_`).",
                ),
                Remedy(
                    name="leaky-relu",
                    summary="Replace ReLU by leaky ReLU or ELU: a unit cannot be born dead.",
                ),
                Remedy(name="normalize", summary="Add batch or layer normalization before the activation."),
                Remedy(
                    name="other-seed",
                    summary="Try another seed; wider layers are more reliable.",
                ),
            ),
        )
    ]
