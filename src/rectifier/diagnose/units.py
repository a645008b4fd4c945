"""Dead or alive: what can be said of single units from how often they were active.

A unit is called dead when it was active for none of at least `ENOUGH` samples, over at least `LOOKS` looks, up
to the end of the run. It was then active for fewer than 3/n of all samples, at 95% confidence (rule of three;
Hanley and Lippman-Hand 1983). Where nearly a whole layer is silent its units bear each other out, and `TOGETHER`
samples are enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rectifier.diagnose.evidence import SiteHistory

#: Then "never active" means at most 1% of all samples. Chosen by us: ReDo's smallest dormant class is 0, and
#: SageMaker Debugger's inactive unit is one that is active at most 1% of the time.
ENOUGH = 300
#: Then each of the units is active for at most 3% of all samples, and so are nearly all others of its layer. Chosen by
#: us: short runs and small data have no more.
TOGETHER, NEARLY_ALL = 100, 0.9
#: So many looks at which no gradient reached a unit: each stands for all samples of its step. Chosen by us.
BY_GRADIENT = 10
#: One batch can be unusual; three in a row were not, in any run of our sweeps. Chosen by us.
LOOKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The units of one site at the end of the run."""

    dead: NDArray[np.bool_]
    born: NDArray[np.bool_]  #: dead, and never active at any look
    since: NDArray[np.int64]  #: first look's step at which a dead unit was no longer active
    bound: float  #: largest rate of activity that the dead ones can have, at 95% confidence

    @property
    def died(self) -> NDArray[np.bool_]:
        return self.dead & ~self.born


def pooled(histories: Sequence[SiteHistory]) -> list[SiteHistory]:
    """For layers of one name of which none was seen often enough, as in copies of a network that are trained for a few
    steps each, one history of all of them: the same unit of each is taken for one."""
    by_name: dict[tuple[str, str, int, int], list[SiteHistory]] = {}
    for history in histories:
        key = (history.label, history.site.activation, history.site.nth, history.site.units)
        by_name.setdefault(key, []).append(history)
    alone = [[h for h in group if h.active.shape[1]] for group in by_name.values()]
    return [pool(group) for group in alone if len(group) > 1 and all(judge(h) is None for h in group)]


def pool(group: list[SiteHistory]) -> SiteHistory:
    """The same layer of several copies as one, look after look."""
    order = np.argsort(np.concatenate([history.steps for history in group]), kind="stable")
    measured: dict[str, Any] = {
        name: np.concatenate([getattr(history, name) for history in group])[order]
        for name in ("steps", "seen", "active", "rms", "spread", "signal", "outputs", "non_zero", "flat", "stuck")
    }
    return replace(group[0], copies=len(group), **measured)


def judge(history: SiteHistory) -> Units | None:
    """The state of every unit, or None where it cannot be known: an activation that cannot die, or too few samples."""
    looks, width = history.active.shape
    if not width or looks < LOOKS:
        return None
    active = history.active > 0
    last = np.where(active.any(axis=0), looks - 1 - np.argmax(active[::-1], axis=0), -1)
    seen_after = np.concatenate([np.cumsum(history.seen[::-1])[::-1], [0]])[last + 1]
    silent = looks - 1 - last >= LOOKS
    enough, few = (BY_GRADIENT, BY_GRADIENT) if history.by_gradient else (ENOUGH, TOGETHER)
    dead = silent & (seen_after >= enough)
    together = silent & (seen_after >= few)
    if together.mean() >= NEARLY_ALL:
        dead = together
    elif history.seen.sum() < enough:
        return None
    first_look_missing = history.steps[np.minimum(last + 1, looks - 1)]
    fewest = int(seen_after[dead].min()) if dead.any() else 0
    return Units(
        dead=dead,
        born=dead & (last == -1),
        since=first_look_missing,
        bound=3 / fewest if fewest else 1.0,
    )
