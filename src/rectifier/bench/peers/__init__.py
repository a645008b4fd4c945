"""The peers, one file each, found by looking: nobody is listed by hand, and nobody has to be installed.

the module's docstring   who it is and how its user would write an activation
TITLE                    its name in tables, short
NEEDS                    the distributions it needs, the one with the version to show first; empty if it is always there
SLOW_START               whether compiling takes so long that it is only asked when named (default False)
ways(case)               Ways of computing the case; raises NotWrittenError where its users have none
"""

import importlib
import importlib.metadata
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from rectifier.bench.case import Case
from rectifier.names import unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Functions without arguments that compute a case. The quickest of each kind stands for the peer."""

    new: tuple[Callable[[], Any], ...]
    """Those that return new arrays."""
    out: tuple[Callable[[], Any], ...] = ()
    """Those that write into the case's `outs`; where there are none, a new array is what the peer can do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One library that can compute activations."""

    name: str
    """Its file's name, and what `--peers` takes."""
    title: str
    """Its name in tables."""
    needs: tuple[str, ...]
    """The distributions it needs."""
    slow_start: bool
    """Whether it is only asked when named."""

    @property
    def version(self) -> str | None:
        """The version that is installed, of the first distribution it needs; None if one is missing."""
        try:
            first, *_ = [importlib.metadata.version(needed) for needed in self.needs]
        except importlib.metadata.PackageNotFoundError:
            return None
        return first

    def ways(self, case: Case) -> Ways:
        """How it computes the case."""
        found: Ways = importlib.import_module(f"{__name__}.{self.name}").ways(case)
        return found


class PeerError(LookupError):
    """There is no such peer, or it is not installed; the message says what to do."""


@cache
def peers() -> dict[str, Peer]:
    """Every peer by name. Importing a peer's file does not import what it needs."""
    found = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        if not info.name.startswith("_"):
            module = importlib.import_module(f"{__name__}.{info.name}")
            slow = getattr(module, "SLOW_START", False)
            found[info.name] = Peer(name=info.name, title=module.TITLE, needs=module.NEEDS, slow_start=slow)
    return found


def chosen(names: Iterable[str] | None) -> tuple[Peer, ...]:
    """The peers of these names; "all" stands for all that are installed, none given for those that start at once.

    >>> [peer.title for peer in chosen(["numpy_usual"])]
    ['NumPy']
    """
    installed = [peer for peer in peers().values() if peer.version is not None]
    if names is None:
        return tuple(peer for peer in installed if not peer.slow_start)
    found: dict[str, Peer] = {}
    for name in names:
        if name == "all":
            found |= {peer.name: peer for peer in installed}
        elif name == "none":
            continue
        elif name not in peers():
            raise PeerError(unknown("peer", name, [*peers(), "all", "none"]))
        elif peers()[name] not in installed:
            needs = " ".join(peers()[name].needs)
            raise PeerError(f"the peer {name!r} is not installed. Install it with: pip install {needs}")
        else:
            found[name] = peers()[name]
    return tuple(found.values())
