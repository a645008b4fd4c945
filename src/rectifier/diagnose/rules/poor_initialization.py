"""Poor initialization: forward or backward scale off by orders of magnitude at the start, or units that are all alike

How large the first weights are decides whether a signal passes a deep network at all: each layer multiplies it by its
gain. And units that begin alike stay alike: they get the same gradient for ever.

## How it is measured

- Scale: the spread of the pre-activations across samples at the last activation over that at the first, at the first
  looks, is below 1e-3 or above 1e3; and the weights are off from what the catalogue's gain of the activation asks for
  (standard deviation gain / sqrt(fan in)): by a fifth or more for rectifiers, fourfold for bounded activations.
- Input: the first activation's inputs differ between samples by less than 1e-5 of their size, at the first five looks.
- Output: before the first update the loss is more than ten times that of a prediction that ignores the input. The last
  layer is named if its weights are fourfold what its number of inputs asks for, with every name that they have.
- Alike: the units of a weight matrix with a gradient differ by less than 1e-3 of their size at the first five looks (at
  all, where no loss tells how far training came); or a matrix is zero and its gradient is exactly zero at every look.

And harm: the loss has not fallen below half of where it began (of the trivial loss, where outputs began too large).

## How to read it

`error`. The explanation gives the factor per layer: 0.71 is Glorot's scale on ReLU, 0.41 PyTorch's default for linear
layers on ReLU; He's scale gives 1.

## Traps

Branches and heads that begin at zero on purpose get a gradient and move. Normalised networks do not mind the scale of
their weights: their signal keeps its size, and nothing is said. Large first losses that fall quickly are healthy.

## Remedies

`rectifier.nn.init_for_(model)`, or He's initialisation for rectifiers and Glorot's for bounded activations; inputs
scaled to unit variance; normalisation.

## References

He et al. 2015, arXiv 1502.01852; Glorot and Bengio 2010; LeCun et al. 1998, "Efficient BackProp"; Mishkin and Matas
2016, arXiv 1511.06422 (layer-sequential unit variance).
"""

import math
from dataclasses import replace

import numpy as np

from rectifier import catalogue
from rectifier.catalogue import Facts
from rectifier.diagnose.evidence import Evidence, ParameterHistory
from rectifier.diagnose.finding import Finding, Remedy, Where
from rectifier.diagnose.rules._course import solved
from rectifier.diagnose.rules._depth import Chain, chain

FOLLOWS_FROM = ()

#: As for vanishing and exploding gradients: between what healthy and what sick runs show at the start.
FADED, GROWN = 1e-3, 1e3
#: Weights are off: by a fifth per layer for rectifiers (Glorot on ReLU is off by 0.71), fourfold for what is bounded.
OFF, OFF_BOUNDED = 1.25, 4.0
#: The loss before the first update over the trivial one. Chosen by us; PyTorch's defaults give 1.0 to 1.2.
TOO_LARGE = 10.0
ALIKE, LOOKS = 1e-3, 5
#: Spread of the first pre-activations across samples over their size, at the first looks. Inputs of mean 10 and
#: deviation 0.01 would still have a hundred times as much.
SAME, FIRST = 1e-5, 5
HALFWAY = 0.5

_HE = Remedy(
    name="he-initialization",
    summary="Initialise with the gain of each layer's activation: `rectifier.nn.init_for_(model)`, or "
    "`nn.init.kaiming_normal_` for ReLU.",
)
_SCALE = Remedy(name="standardize-input", summary="Scale the inputs to mean 0 and variance 1.")
_LOOK = Remedy(
    name="check-data",
    summary="Print a batch: a division of integers, a wrong slice or a mask can make all samples alike.",
    applicability="show-only",
)
_NORMALIZE = Remedy(name="normalize", summary="Put batch or layer normalisation in front of the activations.")


def check(evidence: Evidence) -> list[Finding] | str:
    if not evidence.parameters:
        return "no parameter was looked at"
    come = solved(evidence)
    if come is not None and come >= HALFWAY and not _too_large_to_tell(evidence):
        return []
    for judge in (_no_input, _alike, _off_in_depth, _too_large):
        found = judge(evidence)
        if found is not None:
            return [found]
    return []


def _too_large_to_tell(evidence: Evidence) -> bool:
    """Whether the loss began so high that its fall says little: then what is trivial is the measure."""
    skill = evidence.skill
    return skill is not None and skill < HALFWAY


def _no_input(evidence: Evidence) -> Finding | None:
    """Whether the first layer gives the same for every sample."""
    trained = [h for h in evidence.sites if np.isfinite(h.signal).any()]
    if not trained:
        return None
    h = trained[0]
    measured = np.isfinite(h.spread[:FIRST]) & (h.rms[:FIRST] > 0)
    if measured.sum() < 3 or not (h.spread[:FIRST][measured] < SAME * h.rms[:FIRST][measured]).all():
        return None
    return Finding(
        rule="poor-initialization",
        severity="error",
        confidence=0.95,
        step=0,
        where=(
            Where(
                layer=h.site.layer or h.site.source,
                activation=h.site.activation,
                units=h.site.units,
                affected=h.site.units,
                source=h.site.source or None,
            ),
        ),
        evidence={"spread_over_size": float(np.max(h.spread[:FIRST][measured] / h.rms[:FIRST][measured]))},
        explanation=(
            f"What {h.site.layer or 'the first layer'} gives is the same for every sample, from the first step on: its "
            "inputs are constant, or its weights are zero. Nothing behind it can tell samples apart."
        ),
        remedies=(_LOOK, _HE, _SCALE),
    )


def _alike(evidence: Evidence) -> Finding | None:
    looks = None if solved(evidence) is None else LOOKS
    alike = [p for p in evidence.parameters if p.is_matrix and (_same(p, looks) or _nothing(p))]
    if not alike:
        return None
    names = ", ".join(p.layer for p in alike[:4])
    if all(map(_nothing, alike)):
        text = f"The weights of {names} are zero, and so is their gradient, at every look: no signal passes them."
    else:
        text = (
            f"All units of {names} began with the same weights and still have the same: they get the same gradient, so "
            "that the layer computes what a single unit would."
        )
    return Finding(
        rule="poor-initialization",
        severity="error",
        confidence=0.95,
        step=0,
        where=tuple(map(_where, alike)),
        evidence={"spread_of_units": float(np.nanmax([0.0, *map(_last, alike)]))},
        explanation=text,
        remedies=(_HE,),
    )


def _same(p: ParameterHistory, looks: int | None) -> bool:
    seen = p.difference[np.isfinite(p.difference)]
    return len(seen) >= LOOKS and bool((seen[:looks] < ALIKE).all()) and bool(np.nansum(p.gradient) > 0)


def _nothing(p: ParameterHistory) -> bool:
    seen = p.gradient[np.isfinite(p.gradient)]
    return len(seen) >= LOOKS and bool((p.weight == 0).all()) and bool((seen == 0).all())


def _last(p: ParameterHistory) -> float:
    seen = p.difference[np.isfinite(p.difference)]
    return float(seen[-1]) if len(seen) else 0.0


def _off_in_depth(evidence: Evidence) -> Finding | None:
    found = chain(evidence)
    ratio = found.first_ratio("spread") if found is not None else None
    if found is None or ratio is None or FADED <= ratio <= GROWN:
        return None
    factor = _factor(found, evidence)
    bounded = _facts(found.histories[0].site.activation).saturation == (0, 0)
    allowed = OFF_BOUNDED if bounded else OFF
    if factor is None or (ratio < 1 and factor > 1 / allowed) or (ratio > 1 and factor < allowed):
        return None
    per_layer = ratio ** (1 / (len(found.histories) - 1)) if ratio > 0 else 0.0
    first, last = found.histories[0].site, found.histories[-1].site
    verb = "shrink" if ratio < 1 else "grow"
    return Finding(
        rule="poor-initialization",
        severity="error",
        confidence=0.95,
        step=0,
        where=tuple(
            Where(
                layer=h.site.layer,
                activation=h.site.activation,
                units=h.site.units,
                affected=h.site.units,
                source=h.site.source or None,
            )
            for h in found.histories
        ),
        evidence={"spread_last_over_first": ratio, "per_layer": per_layer, "weights_over_ideal": factor},
        explanation=(
            f"From {first.layer} to {last.layer} the differences between samples {verb} to {ratio:.1g} of their size "
            f"at the first step (by {per_layer:.2g} per layer). The weights are {factor:.2g} times as large as "
            f"{first.activation} asks for."
        ),
        remedies=(_HE, _NORMALIZE),
    )


def _factor(found: Chain, evidence: Evidence) -> float | None:
    """Standard deviation of the weights over what the gain asks for, as a geometric mean over the layers."""
    factors = [
        _over_ideal(_parameter(evidence, h.site.weight), _facts(h.site.activation).gain) for h in found.histories
    ]
    logs = [math.log(factor) for factor in factors if factor is not None]
    return math.exp(float(np.mean(logs))) if logs else None


def _parameter(evidence: Evidence, number: int | None) -> ParameterHistory | None:
    return next((p for p in evidence.parameters if p.parameter.parameter == number), None)


def _over_ideal(p: ParameterHistory | None, gain: float | None) -> float | None:
    """Standard deviation of a layer's weights over gain / sqrt(fan in)."""
    norm = _first_norm(p) if p is not None and len(p.sizes) >= 2 else 0.0
    if p is None or not norm > 0:
        return None
    std = norm / math.sqrt(math.prod(p.sizes))
    return std * math.sqrt(math.prod(p.sizes[1:])) / (gain or 1.0)


def _first_norm(p: ParameterHistory) -> float:
    """Norm of the weights before the first update. It is measured after it, together with how large the update was: a
    step that is thousands of times the weights makes them forget it, and one that is not hardly changes it."""
    if not len(p.weight) or not math.isfinite(p.weight[0]):
        return 0.0
    update = float(p.update[0]) if math.isfinite(p.update[0]) else 0.0
    return float(p.weight[0]) / math.hypot(1, update)


def _facts(activation: str) -> Facts:
    member = catalogue.get(activation)
    return member.facts(*member.defaults)


def _too_large(evidence: Evidence) -> Finding | None:
    if evidence.criterion is None:
        return None
    history = evidence.criterion[0]
    if history.trivial is None or history.steps[0] != 0:
        return None
    first = float(history.values[0])
    if not math.isfinite(first) or first < TOO_LARGE * history.trivial:
        return None
    head = _parameter(evidence, history.weight)
    factor = _over_ideal(head, None)
    where: tuple[Where, ...] = ()
    why = "Weights, inputs or targets are far from unit scale, and training has not made up for it."
    if head is not None and history.layer and factor is not None and factor >= OFF_BOUNDED:
        tied = replace(_where(head), layer=history.layer), _where(head)
        where = tied if head.layer != history.layer else tied[:1]
        shared = f", which are those of {head.layer} as well," if len(where) > 1 else ""
        why = (
            f"The weights of its last layer, {history.layer}{shared} are {factor:.3g} times as large as the number of "
            "its inputs asks for, and training has not made up for it."
        )
    return Finding(
        rule="poor-initialization",
        severity="error",
        confidence=0.8,
        step=0,
        where=where,
        evidence={
            "loss_first": first,
            "loss_trivial": history.trivial,
            "skill": evidence.skill or float("nan"),
            "weights_over_ideal": factor if factor is not None else float("nan"),
        },
        explanation=(
            f"Before the first update the loss is {first:.3g}; a prediction that ignores the input would give "
            f"{history.trivial:.3g}. {why}"
        ),
        remedies=(_HE, _SCALE, _NORMALIZE),
    )


def _where(p: ParameterHistory) -> Where:
    units = p.sizes[0] if p.sizes else 0
    return Where(layer=p.layer, activation=None, units=units, affected=units, source=None)
