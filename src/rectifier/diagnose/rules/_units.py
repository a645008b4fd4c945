"""What the two rules on dead units share: the share of dead units per site and its gravity."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from rectifier.diagnose.evidence import Evidence, SiteHistory
from rectifier.diagnose.finding import Severity, Where
from rectifier.diagnose.rules._places import together
from rectifier.diagnose.units import BY_GRADIENT, ENOUGH, judge, pool, pooled
from rectifier.diagnose.words import needed, spelled

#: Shares of a layer that are dead. From a sweep on scikit-learn's digits (two hidden layers of 128, 15 epochs):
#: healthy runs reach 16%, Adam at 0.01 30% with the best accuracy of all, SGD at 1.0 67% with one point less;
#: from 90% on accuracy falls (Adam at 0.1: 96% dead, 89% instead of 98% right).
MOST, HALF, SOME = 0.9, 0.5, 0.2
#: The loss has fallen by so much of where it began: then half a layer may be dead; it is learned; then most may be
#: dead. (A regression on noisy data that learns all there is may fall by half only.)
HALFWAY, LEARNED, CONVERGED = 0.5, 0.9, 0.95


class CannotJudge(Exception):  # noqa: N818  an answer, not an error
    """Why nothing can be said about dead units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Dead units of one site."""

    history: SiteHistory
    structure: str | None  #: of its network: equal for copies
    progress: float | None  #: how far the loss that trained it has come
    died: int
    born: int
    since: int  #: step by which half of those that died had done so
    bound: float

    @property
    def layer(self) -> str:
        return self.history.label

    @property
    def dead_share(self) -> float:
        return (self.died + self.born) / self.history.site.units


def dead_shares(evidence: Evidence) -> list[Share]:
    """Every site that can have dead units and was seen often enough."""
    rectifying = [h for h in (*evidence.sites, *evidence.unseen_layers) if h.site.rectifies and len(h.steps)]
    if not rectifying:
        if evidence.sites:
            return []  # other activations were: nothing here can die
        raise CannotJudge("no activation was seen in a training pass")
    found, unjudged = [], []
    for history in (*rectifying, *pooled(rectifying)):
        units = judge(history)
        if units is None:
            unjudged.append(history)
            continue
        found.append(
            Share(
                history=history,
                structure=evidence.networks.structure(history.site.network),
                progress=evidence.progress_of(history),
                died=int(units.died.sum()),
                born=int(units.born.sum()),
                since=int(np.median(units.since[units.died])) if units.died.any() else 0,
                bound=max(units.bound, 3 / evidence.distinct if evidence.distinct else 0.0),
            )
        )
    for number, share in enumerate(found):
        alike = [h for h in unjudged if h.copies == share.history.copies == 1 and _is_as_silent(h, share)]
        if alike and not any(other.layer == share.layer for other in found[:number]):
            found[number] = replace(share, history=pool([share.history, *alike]))
    if not found:
        most = max(rectifying, key=lambda h: h.seen.sum())
        seen, enough, of = int(most.seen.sum()), ENOUGH, "sample"
        if most.by_gradient:
            enough, of = BY_GRADIENT, "look"
        raise CannotJudge(needed(seen, enough, of))
    return found


def _is_as_silent(history: SiteHistory, share: Share) -> bool:
    """Whether a copy that was seen too rarely to be judged alone had as many silent units whenever it was seen."""
    if history.label != share.layer or history.active.shape[1] != share.history.site.units or not len(history.steps):
        return False
    return float((history.active == 0).all(axis=0).mean()) >= share.dead_share


def severity(share: Share) -> Severity | None:
    """How grave it is, given how far the loss has come. Where that is not known, half a layer accuses nobody."""
    dead, progress = share.dead_share, share.progress
    if dead >= MOST and (progress is None or progress < CONVERGED):
        return "error"
    if dead >= HALF and progress is not None and progress < HALFWAY:
        return "warning"
    return "info" if dead >= SOME else None


def places(shares: list[Share]) -> tuple[Where, ...]:
    """Where, in the order of the forward pass; copies of one layer are one place."""
    return together([s.history.place(s.died + s.born) for s in shares], [s.structure for s in shares])


def describe(shares: list[Share], how: Literal["died", "born"], steps: int) -> str:
    """What was seen of the dead units, and until when, of a run of so many steps."""
    layers = "layer" if len({s.layer for s in shares}) == 1 else "layers"
    names = f"{layers} {spelled(s.layer for s in shares)}"
    looks = max(len(s.history.steps) for s in shares)
    last = max(int(s.history.steps[-1]) for s in shares)
    until = f"up to step {last}" if last >= steps - 1 else f"up to step {last} of {steps}"
    if how == "born":
        silent = f"These units of {names} fired at none of the {looks} steps that were looked at, {until}."
    elif layers == "layer":
        since = min(s.since for s in shares)
        silent = f"These units of {names} fired at no look from about step {since} on, {until}."
    else:
        stopped = spelled(f"step {s.since} (layer {s.layer})" for s in shares)
        silent = f"These units fired at no look from about {stopped} on, {until}."
    if any(s.history.by_gradient for s in shares):
        return (
            f"{silent} Their gradient tells, which was exactly zero: what is compiled or scripted is not seen at work."
        )
    bound = max(s.bound for s in shares)
    return (
        f"{silent} None of the last {round(3 / bound)} different samples made any of them positive, so each fires for "
        f"fewer than {bound:.2%} of samples (95% confidence)."
    )
