"""Reading a record, also while it is being written."""

import dataclasses
import sqlite3
from pathlib import Path
from typing import Any, TypeVar

from rectifier.record.rows import SCHEMA, Row
from rectifier.record.runs import Run
from rectifier.record.writer import table

R = TypeVar("R", bound=Row)


class DamagedRecordError(ValueError):
    """A record that cannot be read: damaged, or written by a newer Rectifier."""


class Record:
    """One run's record. `rows(Step)` gives its rows in the order in which they were written.

    A run without a database (nothing was trained) is an empty record.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = Run.load(folder)
        self._files = sorted(folder.glob("rank-*.db"))

    def rows(self, kind: type[R]) -> list[R]:
        """Every row of this kind."""
        return self._read(kind, "ORDER BY rowid")

    def _read(self, kind: type[R], which: str) -> list[R]:
        names = [f.name for f in dataclasses.fields(kind)]
        floats = {f.name for f in dataclasses.fields(kind) if f.type in (float, float | None)}
        truths = {f.name for f in dataclasses.fields(kind) if f.type is bool}
        found: list[R] = []
        for file in self._files[:1]:
            for values in self._select(file, kind, names, which):
                row: dict[str, Any] = dict(zip(names, values, strict=True))
                row.update({n: float(row[n]) for n in floats if row[n] is not None})
                row.update({n: bool(row[n]) for n in truths})  # SQLite knows numbers only
                found.append(kind(**row))
        return found

    def last(self, kind: type[R]) -> R | None:
        """The row of this kind that was written last, without reading the others."""
        found = self._read(kind, "ORDER BY rowid DESC LIMIT 1")
        return found[0] if found else None

    def _select(self, file: Path, kind: type[Any], names: list[str], which: str) -> list[tuple[object, ...]]:
        try:
            db = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
            try:
                (version,) = db.execute("SELECT max(version) FROM schema").fetchone()
                if version > SCHEMA:
                    raise DamagedRecordError(
                        f"{file} was written by a newer Rectifier (record version {version}, "
                        f"this one reads up to {SCHEMA}): upgrade with `pip install -U rectifier`"
                    )
                if version < SCHEMA:
                    raise DamagedRecordError(
                        f"{file} was written by an older Rectifier (record version {version}, this one reads "
                        f"{SCHEMA}): "
                        "run the script again"
                    )
                columns = ", ".join(f'"{name}"' for name in names)
                return db.execute(f'SELECT {columns} FROM "{table(kind)}" {which}').fetchall()
            finally:
                db.close()
        except sqlite3.DatabaseError as error:
            raise DamagedRecordError(f"{file} cannot be read: {error}") from error
