"""The records of several processes as one.

The ranks of one distributed training hold the same model: what they measured at the same place of the same step is put
together (counts add up, measurements are averaged, the first rank has the word on everything else). Processes that are
no ranks of one training are trainings of their own, with optimizers and places of their own.
"""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from rectifier.record.combine import combine
from rectifier.record.rows import Event, Look, Network, Optimizer, Parameter, Process, Row, Site

R = TypeVar("R", bound=Row)

#: What identifies a thing among the ranks of one training, whatever number each rank gave it.
_NAMED: dict[type[Any], tuple[str, Callable[[Any], object]]] = {
    Optimizer: ("optimizer", lambda row: (row.optimizer, row.kind)),
    Network: ("network", lambda row: (row.network, row.name, row.structure)),
    Parameter: ("parameter", lambda row: (row.network, row.name, row.shape, row.optimizer, row.position)),
    Site: ("site", lambda row: (row.network, row.layer, row.weight, row.activation, row.nth, row.source, row.units)),
}
#: Columns that hold such a number, and of what. A column of measurements may have the same name: it holds no integers.
_NUMBERS = {
    "optimizer": Optimizer, "parameter": Parameter, "weight": Parameter, "site": Site, "after": Site,
    "network": Network,
}  # fmt: skip


def _numbers(kind: type[Any]) -> set[str]:
    """The columns of a table that hold such numbers."""
    return {f.name for f in dataclasses.fields(kind) if f.name in _NUMBERS and f.type in (int, int | None)}


class Ranks:
    """Reads several processes' tables as one; `read(position, kind)` gives the rows of one of them."""

    def __init__(self, count: int, read: Callable[[int, type[Any]], list[Any]]) -> None:
        self._count, self._read = count, read
        self._numbers: dict[tuple[int, type[Any]], dict[int, int]] = {}
        self._merged: dict[type[Any], list[Any]] = {}
        known: set[int] = set()
        self.trainings: list[int] = []  #: per process, which training it belongs to
        for position in range(count):
            who = next(iter(self._read(position, Process)), None)
            same = who is not None and who.world > 1 and who.rank not in known
            known |= {who.rank} if who is not None and same else set()
            self.trainings.append(0 if same or not position else position)

    def rows(self, kind: type[R]) -> list[R]:
        """Every row of this kind, of all processes."""
        if kind not in self._merged:
            self._merged[kind] = list(self._merge(kind))
        return list(self._merged[kind])

    def _merge(self, kind: type[Any]) -> Iterable[Any]:
        if kind is Process:
            return [row for position in range(self._count) for row in self._read(position, kind)]
        if kind is Event:
            return dict.fromkeys(row for position in range(self._count) for row in self._read(position, kind))
        if kind in _NAMED:
            return self._name(kind)
        numbers = _numbers(kind)
        keys = sorted({f.name for f in dataclasses.fields(kind)} & {"step", "name", "source"} | numbers)
        together: dict[object, list[Any]] = {}
        for position in range(self._count):
            for row in self._read(position, kind):
                row = self._translate(position, row, numbers)
                # A table without such a number (of looks) is shared by all trainings.
                together.setdefault(tuple(getattr(row, key) for key in keys), []).append(row)
        return [rows[0] if kind is Look else combine(rows, keys) for rows in together.values()]

    def _name(self, kind: type[Any]) -> list[Any]:
        """The things of one kind of all processes, numbered anew; remembers which number became which."""
        number, identity = _NAMED[kind]
        others = _numbers(kind) - {number}
        known: dict[object, int] = {}
        found = []
        for position in range(self._count):
            numbers = self._numbers.setdefault((position, kind), {})
            for row in self._read(position, kind):
                there = self._translate(position, row, others)
                key = (self.trainings[position], identity(there))
                if key not in known:
                    known[key] = len(known)
                    found.append(dataclasses.replace(there, **{number: known[key]}))
                numbers[getattr(row, number)] = known[key]
        return found

    def _translate(self, position: int, row: Any, numbers: set[str]) -> Any:
        changed = {}
        for column in numbers:
            kind, old = _NUMBERS[column], getattr(row, column)
            if old is None:
                continue
            self.rows(kind)  # numbers them, if that has not been done
            changed[column] = self._numbers[position, kind].get(old, old)
        return dataclasses.replace(row, **changed) if any(getattr(row, c) != v for c, v in changed.items()) else row
