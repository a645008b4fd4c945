"""Which cases are run, and for how long."""

from dataclasses import dataclass, replace

from rectifier import catalogue
from rectifier.bench.case import DTYPES, MODES, WHATS, Mode, What
from rectifier.bench.peers import Peer, chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A grid of cases, and the sections beside it.

    >>> QUICK.sizes
    (65536, 1048576)
    """

    names: tuple[str, ...]
    """The members."""
    sizes: tuple[int, ...]
    """Numbers of elements."""
    dtypes: tuple[str, ...]
    """Types of elements."""
    whats: tuple[What, ...]
    """Value, derivative, both."""
    modes: tuple[Mode, ...]
    """Into arrays that exist (out), or as new arrays (new)."""
    peers: tuple[Peer, ...] | None
    """Who takes part beside Rectifier. None: all that are installed and start at once."""
    rounds: int
    """Each contestant is timed at least so often in a cell ..."""
    seconds: float
    """... and at least for so long."""
    layouts: bool
    """Whether strided and broadcast inputs are compared with contiguous ones."""
    small: bool
    """Whether arrays of a few elements are compared with `numpy.maximum`."""

    def taking_part(self) -> tuple[Peer, ...]:
        """The peers, found."""
        return chosen(None) if self.peers is None else self.peers


#: What `rectifier bench` shows unasked, within half a minute: the cheapest member and two kinds of dear ones, in the
#: cache and beyond it.
QUICK = Plan(
    names=("relu", "elu", "sigmoid"),
    sizes=(1 << 16, 1 << 20),
    dtypes=("float32",),
    whats=("value",),
    modes=("out", "new"),
    peers=None,
    rounds=7,
    seconds=0.02,
    layouts=False,
    small=True,
)


def full() -> Plan:
    """Everything: what `make bench` runs. It takes most of an hour, a third of which is torch compiling."""
    return replace(
        QUICK,
        names=catalogue.names(),
        sizes=(1 << 12, 1 << 16, 1 << 20, 1 << 24),
        dtypes=tuple(dtype for dtype in DTYPES if dtype != "float16"),
        whats=WHATS,
        modes=MODES,
        peers=chosen(["all"]),
        layouts=True,
    )
