"""Places of a finding: each thing once, with a count where it is in several copies of a network."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rectifier.diagnose.finding import Where

#: So many networks of the same structure that are ill in the same way are copies. Two critics, or the nets of a small
#: ensemble, are told by their names. Chosen by us.
MANY = 5


def together(places: Sequence[Where], structures: Sequence[str | None] = ()) -> tuple[Where, ...]:
    """The same place named once: layers of one name in one network, or in many copies of it. Of copies that differ in
    how many of their units are ill, the one with the most stands for all.

    >>> one = Where(network="net", layer="0", activation="relu", units=8, affected=3, source="train.py:7")
    >>> [(w.affected, w.copies) for w in together([one, replace(one, affected=5)])]
    [(5, 2)]
    """
    by_name: dict[object, list[Where]] = {}
    for place in places:
        by_name.setdefault((place.network, place.layer, place.activation, place.units), []).append(place)
    found = [_as_one(group) for group in by_name.values()]
    if not structures:
        return tuple(found)
    structure_of = {place.network: structure for place, structure in zip(places, structures, strict=True)}
    by_structure: dict[object, list[Where]] = {}
    for place in found:
        structure = structure_of[place.network]
        own = place.network if structure is None else None
        by_structure.setdefault((structure, own, place.layer, place.activation, place.units), []).append(place)
    return tuple(one for group in by_structure.values() for one in ([_as_one(group)] if len(group) >= MANY else group))


def once(places: Iterable[Where]) -> tuple[Where, ...]:
    """The same layer named once: its weight and its bias."""
    return tuple({(place.network, place.layer): place for place in places}.values())


def _as_one(group: list[Where]) -> Where:
    copies = sum(place.copies for place in group)
    return replace(max(group, key=lambda place: place.affected), copies=copies)
