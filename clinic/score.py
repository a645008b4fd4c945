"""What was said of a script, held against its label."""

from dataclasses import dataclass
from typing import Any

from clinic.cases import GOOD_NEWS, Case
from clinic.doctor import Examined

#: From this measured share of dead or saturated units on, naming a layer is not wrong: half of its units, as much as a
#: finding must say for the layer to count as named.
ILL_TOO = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One script's outcome."""

    case: Case
    said: Examined
    found: bool  #: the illness is among the findings
    first: bool  #: the first finding is the illness or a cause of it
    layers: bool | None  #: the layers named are the ill ones; None where there is nothing to name
    alarms: tuple[str, ...]  #: rules that called a healthy script ill
    beside: tuple[str, ...]  #: rules that were said of a sick script and are in no list of its label
    told: bool | None  #: good news was told; None where there is none


def score(case: Case, said: Examined, truth: dict[str, Any]) -> Score:
    """Judge one script. `truth` is what was measured of it (its entry in truth.json)."""
    grave = [f for f in said.findings if f.grave]
    rules = list(dict.fromkeys(f.rule for f in grave))
    right = case.first | case.also
    named = frozenset(layer for f in grave if f.rule == case.illness for layer in f.layers)
    found = case.illness is not None and case.illness in rules
    return Score(
        case=case,
        said=said,
        found=found,
        first=bool(grave) and grave[0].rule in case.first,
        layers=case.layers <= named <= case.layers | _ill_too(truth) if found and case.layers else None,
        alarms=tuple(rules) if case.illness is None else (),
        beside=tuple(r for r in rules if r not in right) if case.illness else (),
        told=any(f.rule == GOOD_NEWS for f in said.findings) if case.good else None,
    )


def _ill_too(truth: dict[str, Any]) -> frozenset[str]:
    run = truth.get("as it is", {})
    states = [run.get(when, {}) for when in ("start", "end")]
    shares = [pair for s in states for kind in ("dead", "saturated") for pair in s.get(kind, {}).items()]
    return frozenset(layer for layer, share in shares if float(share) >= ILL_TOO)
