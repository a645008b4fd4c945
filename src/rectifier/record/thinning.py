"""Keeping the record of a long run small: old rows are thinned once there are too many of them.

Steps: every 2nd, 4th, 8th, ... is kept, the same over the whole run, and of each optimizer the last one, those with the
lowest and the highest loss and the first whose loss was not finite. Looks: every other one goes, apart from the first
`FIRST_LOOKS`, and what was measured in it is put together with what was measured in the next (`combine.py`): no sample
is lost from the counts of active units.
"""

import dataclasses
import itertools
import math
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any

from rectifier.record.combine import combine
from rectifier.record.rows import TABLES, Look, Row, Step

#: Rows of steps; twice as many are thinned. A report of a run reads them in well under a tenth of a second.
STEPS = 10_000
#: Rows and bytes of all looks above which they are thinned: what a report reads in half a second on the machine that
#: this was measured on (2 cores), and what leaves a record under 200 MB together with its log. Chosen by us.
ROWS, BYTES = 150_000, 64_000_000
#: The first looks decide what was ill from the start: they are never thinned.
FIRST_LOOKS = 64
#: With so few looks left none goes any more, whatever their size.
FEWEST_LOOKS = 4 * FIRST_LOOKS

#: Tables of what was measured in looks, and the columns that say of what.
MEASURED: dict[type[Row], tuple[str, ...]] = {
    table: keys for table in TABLES
    if len(keys := tuple(f.name for f in dataclasses.fields(table) if f.name in ("step", "site", "parameter"))) == 2
    and keys[0] == "step"
} | {Look: ("step",)}  # fmt: skip


class Steps:
    """Which rows of steps stay. Every row has a sequence number, so that one that is put back keeps its place."""

    def __init__(self) -> None:
        self.stride = 1
        self._count = 0
        self._marked: dict[tuple[int, str], tuple[int, Step]] = {}  # of each optimizer: the last, the lowest, ...

    def sift(self, numbered: Iterable[tuple[int, Step]]) -> tuple[list[tuple[int, Step]], list[int]]:
        """Which of these rows to write, and which of those written before to take out: numbers of rows."""
        stay, go = {}, set()
        for number, row in numbered:
            for mark in self._marks(row):
                before = self._marked.get((row.optimizer, mark))
                self._marked[row.optimizer, mark] = (number, row)
                if before is not None and before[1].step % self.stride:
                    go.add(before[0])
            if row.step % self.stride == 0:
                self._count += 1
            stay[number] = row
        marked = {number for number, _ in self._marked.values()}
        stay = {n: row for n, row in stay.items() if row.step % self.stride == 0 or n in marked}
        return list(stay.items()), [n for n in go - marked if n not in stay]

    def _marks(self, row: Step) -> Iterable[str]:
        yield "last"
        if row.loss is None:
            return
        if not math.isfinite(row.loss):
            if (row.optimizer, "not finite") not in self._marked:
                yield "not finite"
            return
        for mark, sign in (("lowest", -1), ("highest", 1)):
            before = self._marked.get((row.optimizer, mark))
            if before is None or sign * row.loss > sign * (before[1].loss or 0.0):
                yield mark

    def thin(self, db: sqlite3.Connection) -> None:
        """Take out every other row, if there are too many."""
        while self._count > 2 * STEPS:
            self.stride *= 2
            marked = ", ".join(str(number) for number, _ in self._marked.values())
            db.execute(f'DELETE FROM "step" WHERE step % ? AND rowid NOT IN ({marked})', (self.stride,))
            (self._count,) = db.execute('SELECT count(*) FROM "step"').fetchone()


class Looks:
    """Counts the rows of looks, and thins them."""

    def __init__(self) -> None:
        self._rows = 0

    def wrote(self, batch: Counter[type[Row]]) -> None:
        """So many rows have been written."""
        self._rows += sum(count for kind, count in batch.items() if kind in MEASURED)

    def thin(
        self,
        db: sqlite3.Connection,
        read: Callable[[type[Any], str], list[Any]],
        write: Callable[[type[Any], list[Any]], None],
    ) -> None:
        """Put every other look together with the next, if there are too many; with the writer's means."""
        if self._rows < ROWS and _bytes(db) < BYTES:
            return
        (looks,) = db.execute('SELECT count(*) FROM "look"').fetchone()
        if looks <= FEWEST_LOOKS:
            return
        self._rows = 0
        for kind, keys in MEASURED.items():
            name, about = kind.__name__.lower(), keys[1] if len(keys) > 1 else None
            which = (
                [f'WHERE "{about}" = {n}' for (n,) in db.execute(f'SELECT DISTINCT "{about}" FROM "{name}"')]
                if about
                else [""]
            )
            for where in which:  # one place at a time: the rows of all of them need not fit into memory
                rows = read(kind, f"{where} ORDER BY rowid")
                db.execute(f'DELETE FROM "{name}" {where}')
                rows = list(_every_other(rows, keys))
                write(kind, rows)
                self._rows += len(rows)


def _every_other(rows: list[Any], keys: Collection[str]) -> Iterable[Any]:
    yield from rows[:FIRST_LOOKS]
    rest = rows[FIRST_LOOKS:]
    for pair in itertools.zip_longest(rest[1::2], rest[0::2]):
        yield combine([row for row in pair if row is not None], keys)  # the later one stays


def _bytes(db: sqlite3.Connection) -> int:
    pages, free, size = (
        db.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
