"""What the two rules on dead units share: the share of dead units per site and its gravity."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rectifier.diagnose.evidence import Evidence, SiteHistory
from rectifier.diagnose.finding import Severity, Where
from rectifier.diagnose.units import ENOUGH, judge

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
    progress: float | None  #: how far the loss that trained it has come
    died: int
    born: int
    since: int  #: step by which half of those that died had done so
    bound: float

    @property
    def layer(self) -> str:
        return self.history.site.layer or self.history.site.source

    @property
    def dead_share(self) -> float:
        return (self.died + self.born) / self.history.site.units


def dead_shares(evidence: Evidence) -> list[Share]:
    """Every site that can have dead units and was seen often enough."""
    rectifying = [h for h in evidence.sites if h.site.rectifies and len(h.steps)]
    if not rectifying:
        if evidence.sites:
            return []  # other activations were: nothing here can die
        raise CannotJudge("no activation was seen in a training pass")
    found = []
    for history in rectifying:
        units = judge(history)
        if units is not None:
            since = int(np.median(units.since[units.died])) if units.died.any() else 0
            born, died = int(units.born.sum()), int(units.died.sum())
            progress = evidence.progress_of(history)
            found.append(
                Share(history=history, progress=progress, died=died, born=born, since=since, bound=units.bound)
            )
    if not found:
        samples = max(int(h.seen.sum()) for h in rectifying)
        raise CannotJudge(f"only {samples} samples were seen; {ENOUGH} are needed to call a unit dead")
    return found


def severity(share: Share) -> Severity | None:
    """How grave it is, given how far the loss has come. Where that is not known, half a layer accuses nobody."""
    dead, progress = share.dead_share, share.progress
    if dead >= MOST and (progress is None or progress < CONVERGED):
        return "error"
    if dead >= HALF and progress is not None and progress < HALFWAY:
        return "warning"
    return "info" if dead >= SOME else None


def places(shares: list[Share]) -> tuple[Where, ...]:
    """Where, in the order of the forward pass."""
    return tuple(
        Where(
            layer=s.layer,
            activation=s.history.site.activation,
            units=s.history.site.units,
            affected=s.died + s.born,
            source=s.history.site.source or None,
        )
        for s in shares
    )


def describe(shares: list[Share], how: Literal["died", "born"]) -> str:
    """What is seen of the dead units, in two sentences."""
    names = [s.layer for s in shares]
    if how == "born":
        silent = f"These units of layer {_list(names)} have never fired, from the first step on."
    elif len(shares) == 1:
        silent = f"These units of layer {names[0]} have not fired since about step {shares[0].since}."
    else:
        silent = f"These units stopped firing at about {_list([f'step {s.since} (layer {s.layer})' for s in shares])}."
    bound = max(s.bound for s in shares)
    return (
        f"{silent} None of the last {round(3 / bound)} samples seen made any of them positive, so each fires for fewer "
        f"than {bound:.2%} of samples (95% confidence)."
    )


def _list(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
