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
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from rectifier.record.combine import combine
from rectifier.record.rows import TABLES, Look, Row

#: Rows of steps; twice as many are thinned. A report of a run reads them in well under a tenth of a second.
STEPS = 10_000
#: Rows and bytes of all looks above which they are thinned: what a report reads in half a second on the machine that
#: this was measured on (2 cores), and what leaves a record under 200 MB together with its log. Chosen by us.
ROWS, BYTES = 150_000, 64_000_000
#: The first looks decide what was ill from the start: they are never thinned.
FIRST_LOOKS = 64
#: With so few looks left none goes any more, whatever their size.
FEWEST_LOOKS = 4 * FIRST_LOOKS

#: A row of `Step`: its number, and its values in the order of the fields. There may be thousands a second, too many to
#: make an object of each.
StepValues = tuple[int, int, float | None, float | None, float]
Numbered = tuple[int, StepValues]

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
        self._marked: dict[tuple[int, str], Numbered] = {}  # of each optimizer: the last, the lowest, ...

    def sift(self, numbered: Sequence[Numbered]) -> tuple[list[Numbered], list[int]]:
        """Which of these rows to write, and which of those written before to take out: numbers of rows."""
        before = [number for number, values in self._marked.values() if values[0] % self.stride]
        by_optimizer: dict[int, list[Numbered]] = defaultdict(list)
        for one in numbered:
            by_optimizer[one[1][1]].append(one)
        for optimizer, rows in by_optimizer.items():
            self._mark(optimizer, rows)
        marked = {number for number, _ in self._marked.values()}
        regular = [one for one in numbered if one[1][0] % self.stride == 0]
        self._count += len(regular)
        if len(regular) < len(numbered):
            regular = [one for one in numbered if one[1][0] % self.stride == 0 or one[0] in marked]
        return regular, [number for number in before if number not in marked]

    def _mark(self, optimizer: int, rows: list[Numbered]) -> None:
        self._marked[optimizer, "last"] = rows[-1]
        with_loss = [one for one in rows if one[1][2] is not None]
        losses = [one[1][2] or 0.0 for one in with_loss]
        if not math.isfinite(sum(losses)):
            broken = [one for one, loss in zip(with_loss, losses, strict=True) if not math.isfinite(loss)]
            if broken:
                self._marked.setdefault((optimizer, "not finite"), broken[0])
            with_loss = [one for one, loss in zip(with_loss, losses, strict=True) if math.isfinite(loss)]
            losses = [one[1][2] or 0.0 for one in with_loss]
        for mark, extreme in (("lowest", min), ("highest", max)) if losses else ():
            value = extreme(losses)
            before = self._marked.get((optimizer, mark))
            if before is None or extreme(value, before[1][2] or 0.0) != (before[1][2] or 0.0):
                self._marked[optimizer, mark] = with_loss[losses.index(value)]

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
