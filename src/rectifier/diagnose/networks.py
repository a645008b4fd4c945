"""Which networks a run trained, how they are called, and which of them are one."""

from collections import defaultdict
from collections.abc import Iterable

from rectifier.record import rows


class Networks:
    """The outermost modules of a record.

    Args:
        networks: what the record has of them.
        passes: for each kind of backward call the networks that it reached.
        used: the networks that anything was measured of.
    """

    def __init__(self, networks: Iterable[rows.Network], passes: Iterable[Iterable[int]], used: Iterable[int]) -> None:
        self._rows = {row.network: row for row in networks}
        self._reached: dict[int, set[int]] = defaultdict(set)
        for number, networks_ in enumerate(passes):
            for network in networks_:
                self._reached[network].add(number)
        #: In the order in which they were seen first, each name once.
        self.names = tuple(dict.fromkeys(self._rows[n].name for n in sorted(set(used)) if n in self._rows))

    def name(self, network: int | None) -> str | None:
        """What holds the network."""
        row = self._rows.get(network) if network is not None else None
        return None if row is None else row.name

    def structure(self, network: int | None) -> str | None:
        """Its class and parameters in short: equal for copies."""
        row = self._rows.get(network) if network is not None else None
        return None if row is None else row.structure

    def label(self, network: int | None, layer: str) -> str:
        """What a layer is called: its path, with its network before it where there are several."""
        return label(self.name(network), layer, self.names)

    def are_one(self, one: int | None, other: int | None) -> bool:
        """Whether the same backward calls train both, an encoder and its decoder for instance."""
        if one == other:
            return True
        if one is None or other is None or not self._reached[one]:
            return False
        return self._reached[one] == self._reached[other]


def label(network: str | None, layer: str, networks: tuple[str, ...]) -> str:
    """What a layer is called in a run that trained these networks.

    >>> label("actor", "0", ("actor",)), label("actor", "0", ("actor", "critic")), label("G", "G", ("D", "G"))
    ('0', 'actor.0', 'G')
    """
    if network is None or len(networks) < 2 or layer == network:
        return layer
    return f"{network}.{layer}" if layer else network


def longest_way(after: dict[int, int | None]) -> list[int]:
    """The longest way through things of which each says which one comes before it.

    >>> longest_way({0: None, 1: 0, 2: 1, 3: 0})
    [0, 1, 2]
    """
    ways: dict[int, list[int]] = {}
    for thing in after:
        way, seen = [thing], {thing}
        while (before := after.get(way[-1])) is not None and before in after and before not in seen:
            way.append(before)
            seen.add(before)
        ways[thing] = way[::-1]
    return max(ways.values(), key=len, default=[])
