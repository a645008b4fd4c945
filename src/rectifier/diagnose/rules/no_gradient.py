"""No gradient: parameters that never get a gradient, or that no optimizer moves

Part of the network does not learn, whatever the learning rate: its parameters are in no optimizer, no gradient reaches
them, or nothing ever steps.

## How it is measured

At a few looks, the parameters that functions were called with are compared with those of all optimizers that have
stepped:

- left out: it gets a gradient, another parameter of its network is in an optimizer, it is in none;
- unregistered: it gets a gradient, and its module is part of no network that is trained, as layers kept in a plain
  Python list are;
- blocked: it is in an optimizer and used, and its gradient is missing: a `detach`, a `no_grad`, a conversion to
  NumPy lies between it and the loss;
- zero: its gradient is there and exactly zero at every look;
- frozen: it is in an optimizer, asks for no gradient, and never had one;
- or an optimizer exists, the script ran to its end, and none of 16 or more backward calls was followed by a step.

## How to read it

`error` if the loss has not fallen below half of where it began, or if nothing steps; else `warning`. `info` where it
looks meant: training comes along, and only the first layers are left out (a head trained on a fixed body), or only
biases of layers that learn, or only the last layers are blocked (a head whose output is not used), or only later ones
get zeros (an expert that is never asked), or parameters are frozen: that is a `warning` where 100 steps and more, by
which the others have moved, have not taken a quarter of the loss away, nor a quarter of what a prediction that ignores
the input has.

## Traps

Parameters with `requires_grad=False` are frozen on purpose, as far as can be seen: those that an optimizer holds all
the same are named, for one who meant to thaw them. A head on a good frozen body, or on random features that are wide
enough, learns: in the sweep, runs with frozen layers that learn as well as without them come half of the way at least.
Target networks and moving averages get no gradient and are in no optimizer: they are not meant. In a game every network
has an optimizer of its own. Backward calls that ask which inputs matter, or make adversarial ones, need no step: a
network in evaluation mode, or an input that gets a gradient, is not accused of that. A gradient of zero behind a dead
layer is that layer's finding.

## Remedies

Give the optimizer `model.parameters()` after the model is complete; `nn.ModuleList` instead of a list; take `detach`
out; call `optimizer.step()`.

## References

PyTorch documentation, "torch.nn.ModuleList" and "Autograd mechanics: locally disabling gradient computation".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rectifier.diagnose.evidence import Evidence, ParameterHistory
from rectifier.diagnose.finding import Finding, Remedy, Severity, Where
from rectifier.diagnose.rules._course import path, solved, update_ratios
from rectifier.diagnose.rules._places import once
from rectifier.diagnose.rules._units import MOST, CannotJudge, dead_shares
from rectifier.diagnose.words import spelled

FOLLOWS_FROM = ("non-finite", "born-dead-relu", "dying-relu", "poor-initialization", "saturated-activation")

HALFWAY = 0.5
LOOKS = 5
#: Backward calls without a step. Chosen by us: gradients that are accumulated over more of them than the whole run has
#: are a mistake as well.
CALLS = 16
#: What stands on frozen layers has learned next to nothing: half of what the sweep would allow, since where most of the
#: targets are noise there is less to learn. After so many losses, and if it has moved so far.
LITTLE, LASTS, MOVED = 0.25, 100, 0.1

_REGISTER = Remedy(
    name="register",
    summary="Keep the layers in an `nn.ModuleList` (or as attributes), so that `model.parameters()` has them.",
    applicability="show-only",
)
_OPTIMIZE = Remedy(
    name="add-to-optimizer",
    summary="Make the optimizer from `model.parameters()`, after the model is complete; freeze what is not to "
    "learn with "
    "`requires_grad_(False)`.",
    applicability="show-only",
)
_CONNECT = Remedy(
    name="connect",
    summary="Take out what cuts the graph: `detach()`, `.data`, `no_grad`, `.item()` or a conversion to NumPy.",
    applicability="show-only",
)
_THAW = Remedy(
    name="thaw",
    summary="If it is to learn: `requires_grad_(True)`; `nn.Embedding.from_pretrained` freezes unless `freeze=False`.",
    applicability="show-only",
)
_STEP = Remedy(name="step", summary="Call `optimizer.step()` after `loss.backward()`.", applicability="show-only")


def check(evidence: Evidence) -> list[Finding] | str:
    if evidence.unstepped is not None:
        return _without_a_step(*evidence.unstepped, ended=evidence.run.completed)
    if not evidence.steps:
        return "no training step was seen"
    come = solved(evidence)
    harmed = come is None or come < HALFWAY
    found: list[Finding] = []
    detail: Mapping[str, Any] = next((d for event, d in reversed(evidence.events) if event.kind == "ownership"), {})
    unregistered, left_out, blocked = (_named(detail, key, evidence) for key in ("unregistered", "left-out", "blocked"))
    if unregistered:
        text = (
            f"{_list(unregistered)} get gradients, but belong to no module that is trained (layers in a plain "
            f"list, for "
            "instance): no optimizer moves them."
        )
        found.append(_finding("error" if harmed else "warning", text, unregistered, [_REGISTER, _OPTIMIZE]))
    if left_out:
        meant = not harmed and (detail.get("left-out-first") is True or _only_vectors(left_out, evidence))
        text = f"{_list(left_out)} get gradients, but are in no optimizer: they keep the values they began with."
        grade: Severity = "info" if meant else "error" if harmed else "warning"
        found.append(_finding(grade, text, left_out, [_OPTIMIZE]))
    reached = {p.label for p in evidence.parameters if not p.missing.all()}
    if blocked := [one for one in blocked if one.label not in reached]:  # heads that take turns
        unused = not harmed and detail.get("blocked-last") is True
        text = f"{_list(blocked)} are used and are in an optimizer, but no gradient ever reaches them."
        grade = "info" if unused else "error" if harmed else "warning"
        found.append(_finding(grade, text, blocked, [_CONNECT]))
    # Of a layer that was not seen at work it cannot be told whether the graph is cut or its units are dead.
    hidden = {(p.network, p.layer) for p in evidence.parameters if p.parameter.parameter in evidence.unseen}
    without = [p for p in evidence.parameters if _always_zero(p) and (p.network, p.layer) not in hidden]
    if any(p.is_matrix for p in without) and not found and not _dead(evidence):
        zero = [_Named(network=p.network, name=p.parameter.name, label=p.label) for p in without]
        text = f"The gradient of {_list(zero)} is exactly zero at every look."
        found.append(_finding("warning" if harmed or _first(zero, evidence) else "info", text, zero, [_CONNECT]))
    frozen = [one for one in _named(detail, "frozen", evidence) if one.label not in reached]
    if frozen:
        are, stay = ("is", "it keeps the values it") if len(frozen) == 1 else ("are", "they keep the values they")
        held_back = come is not None and come < LITTLE and _others_tried(evidence)
        text = (
            f"{_list(frozen)} {are} in the optimizer, but frozen (`requires_grad` is False) from the first step to the "
            f"last: {stay} began with. "
        ) + ("What stands on it has hardly learned." if held_back else "That is right where it is meant.")
        found.append(_finding("warning" if held_back else "info", text, frozen, [_THAW]))
    grades = ("error", "warning", "info")
    return sorted(found, key=lambda f: grades.index(f.severity))[:1]


def _without_a_step(calls: int, training: bool, *, ended: bool) -> list[Finding] | str:
    """Backward calls beside an optimizer that never stepped."""
    if calls < CALLS or not training or not ended:
        return "no optimizer stepped"
    text = f"There is an optimizer, and `backward()` was called {calls} times, but no optimizer stepped."
    return [_finding("error", text, [], [_STEP])]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A parameter by name."""

    network: str | None
    name: str
    label: str  #: what it is called in a sentence

    @property
    def layer(self) -> str:
        return self.name.rpartition(".")[0] or self.name


def _finding(severity: Severity, text: str, names: list[_Named], remedies: list[Remedy]) -> Finding:
    return Finding(
        rule="no-gradient",
        severity=severity,
        confidence=0.95,
        step=0,
        where=once(
            Where(network=n.network, layer=n.layer, activation=None, units=0, affected=0, source=None) for n in names
        ),
        evidence={"parameters": float(len(names))},
        explanation=text,
        remedies=tuple(remedies),
    )


def _others_tried(evidence: Evidence) -> bool:
    """Whether what is not frozen has had steps enough, and has moved by them."""
    enough = evidence.single_loss is not None and len(evidence.single_loss[1]) >= LASTS
    return enough and len(update_ratios(evidence)) > 0 and path(evidence) >= MOVED


def _named(detail: Mapping[str, Any], key: str, evidence: Evidence) -> list[_Named]:
    networks = evidence.networks
    return [
        _Named(network=networks.name(network), name=name, label=networks.label(network, name))
        for network, name in detail.get(key, [])
    ]


def _only_vectors(names: list[_Named], evidence: Evidence) -> bool:
    """Whether these are biases and the like of layers whose weights do learn."""
    learning = {(p.network, p.layer) for p in evidence.parameters if p.is_matrix and np.nansum(p.gradient) > 0}
    return all((one.network, one.layer) in learning for one in names)


def _always_zero(p: ParameterHistory) -> bool:
    seen = p.gradient[np.isfinite(p.gradient)]
    return len(seen) >= LOOKS and bool((seen == 0).all())


def _first(names: list[_Named], evidence: Evidence) -> bool:
    """Whether the first weights are among these. Nobody leaves them untrained by a gradient of zero: what is to stay as
    it is gets none. Later ones may be an expert never asked, or a branch multiplied by zero."""
    matrices = [p.parameter for p in evidence.parameters if p.is_matrix]
    if len({p.optimizer for p in matrices}) != 1:
        return False
    return min(matrices, key=lambda p: p.position).name in {one.name for one in names}


def _dead(evidence: Evidence) -> bool:
    try:
        return any(s.dead_share >= MOST for s in dead_shares(evidence))
    except CannotJudge:
        return False


def _list(names: list[_Named]) -> str:
    return spelled(one.label for one in names)
