"""Non-finite values: the loss or a gradient is NaN or infinite

Once a NaN has reached a weight, every output and every gradient after it is NaN: training is over, even if the
script goes on.

## How it is measured

The loss of every backward call is checked, and the gradient and weight of every parameter at every look. At the
first non-finite loss the autograd graph, which still exists then, is searched from the leaves for the first
operation with a non-finite result or an input outside its domain. Its line is that of the last looked-at pass: the
nodes of the graph are numbered as they are made, so that the same pass over the same lines has the same numbers.

## How to read it

Always an `error`. `step` is the first step whose loss was not finite. Steps that a `GradScaler` skips because the
scaled gradients overflowed are normal and are not seen by this rule: the optimizer does not step.

## Traps

Comparisons with NaN are false, so a check of the form "norm > limit" calls a NaN network healthy; nothing here is
judged by such a comparison. Infinite values that attention masks add on purpose do not reach the loss.

## Remedies

By operation: `log(softmax(x))` to `log_softmax(x)`, an epsilon inside `log`, `sqrt` and division, a clamp before
`exp`; and if the loss grew before, a lower learning rate or clipped gradients.

## References

Goldberg 1991, ACM Computing Surveys 23 (floating point); PyTorch documentation, "Automatic Mixed Precision".
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from rectifier.diagnose.evidence import Evidence, ParameterHistory
from rectifier.diagnose.finding import Finding, Remedy, Where
from rectifier.diagnose.rules._places import once
from rectifier.diagnose.words import spelled

FOLLOWS_FROM = ("learning-rate-too-high", "exploding-gradient", "poor-initialization")


def check(evidence: Evidence) -> list[Finding] | str:
    if not evidence.steps:
        return "no training step was seen"
    first = min((s.step for s in evidence.steps if s.loss is not None and not math.isfinite(s.loss)), default=None)
    bad = [
        (int(p.steps[np.argmax(~finite)]), p)
        for p in evidence.parameters
        if not (finite := np.isfinite(p.weight) & (p.missing | ~np.isnan(p.gradient))).all()
    ]
    bad.sort(key=lambda found: found[0])
    if first is None and not bad:
        return []
    step = min([first] if first is not None else [], default=None)
    if step is None:
        step = min(s for s, _ in bad)
    detail = next((d for e, d in evidence.events if e.kind == "non-finite"), {})
    shown = detail.get("value", "")
    value = {"nan": "NaN", "inf": "infinite", "-inf": "minus infinity"}.get(shown, shown)
    if first is not None:
        text = f"The loss became {value or 'non-finite'} at step {first}."
    else:
        names = spelled((p.label for _, p in bad), 3)
        text = f"The loss was finite, but the gradient or the weights of {names} were not, at step {step}."
    if "operation" in detail:
        text += f" It began in {_operation(detail['operation'], detail.get('source'))}: {detail['because']}."
    if "steep" in detail:
        text += (
            f" The step before may have spoilt them: the slope of `{detail['steep']}`"
            f"{_at(detail.get('steep_source'))} is infinite at the edge of its domain."
        )
    text += " From then on nothing is learned."
    count = sum(1 for s in evidence.steps if s.loss is not None and not math.isfinite(s.loss))
    return [
        Finding(
            rule="non-finite",
            severity="error",
            confidence=1.0,
            step=step,
            where=_places(detail, [p for s, p in bad if s == bad[0][0]]),
            evidence={"steps_non_finite": float(count)},
            explanation=text,
            remedies=_remedies(detail.get("steep") or detail.get("operation")),
        )
    ]


#: What operations of torch are to whoever wrote the script.
_CALLED = {
    **dict.fromkeys(("addmm", "mm", "linear", "addmv", "mv"), "a linear layer"),
    **dict.fromkeys(("convolution", "cudnnconvolution", "mkldnnconvolution"), "a convolution"),
}


def _operation(name: str, source: str | None) -> str:
    called = _CALLED.get(name)
    if called is None:
        return f"`{name}`{_at(source)}"
    return f"{called} (`{name}`{f', {source}' if source else ''})"


def _at(source: str | None) -> str:
    return f" ({source})" if source else ""


def _places(detail: dict[str, Any], parameters: list[ParameterHistory]) -> tuple[Where, ...]:
    began = ("steep", "steep_source") if "steep" in detail else ("operation", "source")
    operation, source = map(detail.get, began)
    lines = [Where(layer=operation or "", activation=None, units=0, affected=0, source=source)] if source else []
    return (*lines, *once(replace(p.place(), units=0, affected=0) for p in parameters))


def _remedies(operation: str | None) -> tuple[Remedy, ...]:
    by_operation = {
        "log": Remedy(
            name="stable-log",
            summary="Use log_softmax, or CrossEntropyLoss on the logits, not log(softmax(x)); or add an epsilon.",
            applicability="safe",
        ),
        "div": Remedy(name="epsilon", summary="Add an epsilon to the divisor.", applicability="safe"),
        "sqrt": Remedy(name="epsilon", summary="Add an epsilon under the root.", applicability="safe"),
        **dict.fromkeys(
            ("norm", "linalgvectornorm", "std"),
            Remedy(name="epsilon", summary="Add an epsilon under the root that it takes.", applicability="safe"),
        ),
        "exp": Remedy(
            name="clamp", summary="Clamp the argument of exp, or work with logarithms.", applicability="safe"
        ),
    }
    general = (
        Remedy(name="lower-learning-rate", summary="If the loss grew before: lower the learning rate."),
        Remedy(name="clip-gradients", summary="Clip the gradient norm before each step."),
    )
    return (by_operation[operation], *general) if operation in by_operation else general
