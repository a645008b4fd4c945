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
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rectifier import catalogue
from rectifier.catalogue import Facts
from rectifier.diagnose.evidence import Evidence, ParameterHistory, SiteHistory
from rectifier.diagnose.finding import Finding, Remedy, Where
from rectifier.diagnose.rules._course import solved
from rectifier.diagnose.rules._depth import Chain, chains, trained_networks
from rectifier.diagnose.rules._places import once, together
from rectifier.diagnose.words import spelled

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
#: Of so many ill networks the explanation speaks.
MOST = 3

_HE = Remedy(
    name="he-initialization",
    summary="Initialize the weights for the activations that follow: `rectifier.nn.init_for_(model)`, or "
    "`nn.init.kaiming_normal_` for ReLU.",
)
_SCALE = Remedy(name="standardize-input", summary="Scale the inputs to mean 0 and variance 1.")
_LOOK = Remedy(
    name="check-data",
    summary="Print a batch: a division of integers, a wrong slice or a mask can make all samples alike.",
    applicability="show-only",
)
_NORMALIZE = Remedy(name="normalize", summary="Add batch or layer normalization before the activations.")


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
    """Whether the first layer of a network gives the same for every sample."""
    firsts = [network[0] for network in trained_networks(evidence)]
    if not (ill := [h for h in firsts if _is_constant(h)]):
        return None
    worst = max(float(np.max(h.spread[:FIRST][_measured(h)] / h.rms[:FIRST][_measured(h)])) for h in ill)
    return Finding(
        rule="poor-initialization",
        severity="error",
        confidence=0.95,
        step=0,
        where=together([h.place() for h in ill]),
        evidence={"spread_over_size": worst},
        explanation=(
            f"What {spelled(h.label for h in ill)} gives is the same for every sample, from the first look on: its "
            "inputs are constant, or its weights are zero. Nothing behind it can tell samples apart."
        ),
        remedies=(_LOOK, _HE, _SCALE),
    )


def _measured(h: SiteHistory) -> NDArray[np.bool_]:
    measured: NDArray[np.bool_] = np.isfinite(h.spread[:FIRST]) & (h.rms[:FIRST] > 0)
    return measured


def _is_constant(h: SiteHistory) -> bool:
    measured = _measured(h)
    return bool(measured.sum() >= 3 and (h.spread[:FIRST][measured] < SAME * h.rms[:FIRST][measured]).all())


def _alike(evidence: Evidence) -> Finding | None:
    looks = None if solved(evidence) is None else LOOKS
    alike = [p for p in evidence.parameters if p.is_matrix and (_same(p, looks) or _nothing(p))]
    if not alike:
        return None
    names = spelled(p.layer_label for p in alike)
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
        where=once(p.place() for p in alike),
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
    ill = [off for found in chains(evidence) if (off := _off(found, evidence)) is not None]
    if not ill:
        return None
    worst = max(ill, key=lambda off: abs(math.log(off.ratio)) if off.ratio > 0 else math.inf)
    return Finding(
        rule="poor-initialization",
        severity="error",
        confidence=0.95,
        step=0,
        where=tuple(h.place() for off in ill for h in off.chain.histories),
        evidence={
            "spread_last_over_first": worst.ratio,
            "per_layer": worst.per_layer,
            "weights_over_ideal": worst.factor,
        },
        explanation=" ".join(off.explain() for off in ill[:MOST]),
        remedies=(_HE, _NORMALIZE),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Off:
    """A network whose differences between samples shrink or grow with depth, as its weights are too small or large."""

    chain: Chain
    ratio: float  #: spread at the last activation over that at the first
    factor: float  #: size of the weights over what the activation asks for

    @property
    def per_layer(self) -> float:
        return self.ratio ** (1 / (len(self.chain.histories) - 1)) if self.ratio > 0 else 0.0

    def explain(self) -> str:
        first, last = self.chain.histories[0], self.chain.histories[-1]
        verb = "shrink" if self.ratio < 1 else "grow"
        return (
            f"From {first.label} to {last.label} the differences between samples {verb} to {self.ratio:.1g} of their "
            f"size at the first step (by {self.per_layer:.2g} per layer). The weights are {self.factor:.2g} times as "
            f"large as {first.site.activation} asks for."
        )


def _off(found: Chain, evidence: Evidence) -> _Off | None:
    ratio = found.first_ratio("spread")
    if ratio is None or FADED <= ratio <= GROWN:
        return None
    factor = _factor(found, evidence)
    bounded = _facts(found.histories[0].site.activation).saturation == (0, 0)
    allowed = OFF_BOUNDED if bounded else OFF
    if factor is None or (ratio < 1 and factor > 1 / allowed) or (ratio > 1 and factor < allowed):
        return None
    return _Off(chain=found, ratio=ratio, factor=factor)


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
        tied = replace(head.place(), layer=history.layer), head.place()
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
