"""What the rules on depth share: the activations in a row, and how the signal changes along them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rectifier.diagnose.evidence import Evidence, Floats, SiteHistory

#: Fewer activations than this show no trend. Chosen by us: healthy networks of three vary as much by chance.
DEPTH = 4
#: The looks at each end of the run of which the median is taken.
FEW = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Activations in the order of the forward pass."""

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


def chain(evidence: Evidence) -> Chain | None:
    """The activations that were trained, or None if there are too few of them."""
    histories = [h for h in evidence.sites if np.isfinite(h.signal).any() and h.site.layer]
    return Chain(histories=histories) if len(histories) >= DEPTH else None


def _median(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else float("nan")
