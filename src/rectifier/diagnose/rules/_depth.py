"""What the rules on depth share: the activations in a row, and how the signal changes along them."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rectifier.diagnose.evidence import Evidence, Floats, SiteHistory
from rectifier.diagnose.networks import longest_way

#: Fewer activations than this show no trend. Chosen by us: healthy networks of three vary as much by chance.
DEPTH = 4
#: The looks at each end of the run of which the median is taken.
FEW = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Activations of one network, each fed by the one before it."""

    histories: list[SiteHistory]

    def first_ratio(self, quantity: Literal["signal", "spread"]) -> float | None:
        """Over the first looks: backward signal first over last, or spread of the pre-activations last over first."""
        return self._ratio(quantity, slice(0, FEW))

    def last_ratio(self, quantity: Literal["signal", "spread"]) -> float | None:
        """The same over the last looks."""
        return self._ratio(quantity, slice(-FEW, None))

    def median_signals(self) -> Floats:
        """Backward signal of each activation over the first looks."""
        return np.array([_median(h.signal[:FEW]) for h in self.histories])

    def _ratio(self, quantity: Literal["signal", "spread"], looks: slice) -> float | None:
        """The median over the looks of the two ends' ratio. Look by look: a run that breaks off at its second step has
        more to show of the first activation than of the last."""
        ends = [dict(zip(h.steps.tolist()[looks], getattr(h, quantity)[looks], strict=True)) for h in self._ends]
        over, under = ends if quantity == "signal" else ends[::-1]
        pairs = [(over[step], under[step]) for step in over.keys() & under.keys()]
        ratios = [o / u if u > 0 else np.inf for o, u in pairs if np.isfinite(o) and np.isfinite(u)]
        ratio = float(np.median(ratios)) if ratios else np.inf
        return ratio if np.isfinite(ratio) else None

    @property
    def _ends(self) -> tuple[SiteHistory, SiteHistory]:
        return self.histories[0], self.histories[-1]


def trained_networks(evidence: Evidence) -> list[list[SiteHistory]]:
    """The activations that a backward pass went through, in the order of the forward pass, network by network."""
    networks: list[list[SiteHistory]] = []
    for history in evidence.sites:
        if not np.isfinite(history.signal).any():
            continue
        for network in networks:
            if evidence.networks.are_one(network[0].site.network, history.site.network):
                network.append(history)
                break
        else:
            networks.append([history])
    return networks


def chains(evidence: Evidence) -> list[Chain]:
    """Of each network that was trained the longest way through its activations, if that is not too short.

    Of copies of a network, and of networks of one name trained one after the other, the one that was seen most.
    """
    found: dict[tuple[str, ...], Chain] = {}
    for network in trained_networks(evidence):
        own = {h.number: h for h in network if h.site.layer}
        way = longest_way({number: _before(history, own, evidence) for number, history in own.items()})
        if len(way) >= DEPTH:
            one = Chain(histories=[own[number] for number in way])
            labels = tuple(h.label for h in one.histories)
            if labels not in found or len(one.histories[0].steps) > len(found[labels].histories[0].steps):
                found[labels] = one
    return list(found.values())


def _before(history: SiteHistory, own: Container[int], evidence: Evidence) -> int | None:
    """The one before it among its own: what was not trained, or is of another network, is passed over."""
    before, passed = history.after, {history.number}
    while before is not None and before not in own and before not in passed:
        passed.add(before)
        before = evidence.sites[before].after
    return before


def _median(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else float("nan")
