"""Writing a record: rows are queued by the training thread and committed in batches by a background thread.

The file is SQLite in WAL mode, so it can be read while it grows and survives `kill -9` up to the last batch.
A forked child never writes. A disk that fails stops the record, never the training.
"""

import dataclasses
import math
import operator
import os
import queue
import sqlite3
import threading
from collections import defaultdict
from pathlib import Path

from rectifier.record.rows import SCHEMA, TABLES, Row

BATCH_SECONDS = 0.25
_SQL_TYPES = {
    int: "INTEGER",
    int | None: "INTEGER",
    bool: "INTEGER",
    float: "REAL",
    float | None: "REAL",
    str: "TEXT",
    bytes: "BLOB",
}


def table(row: type[Row]) -> str:
    """The table's name: the class's, in lower case."""
    return row.__name__.lower()


def _create(row: type[Row]) -> str:
    columns = ", ".join(f'"{f.name}" {_SQL_TYPES[f.type]}' for f in dataclasses.fields(row))  # type: ignore[index]
    return f'CREATE TABLE IF NOT EXISTS "{table(row)}" ({columns})'


_INSERT = {
    row: f'INSERT INTO "{table(row)}" VALUES ({", ".join("?" * len(dataclasses.fields(row)))})' for row in TABLES
}
_VALUES = {row: operator.attrgetter(*(f.name for f in dataclasses.fields(row))) for row in TABLES}


def _storable(value: object) -> object:
    # SQLite has no NaN and would silently store NULL, which means "not measured" here.
    return "nan" if isinstance(value, float) and math.isnan(value) else value


class Writer:
    """Appends rows to one database file. `put` costs well under a microsecond; `close` commits what is left."""

    def __init__(self, path: Path) -> None:
        self.error: Exception | None = None  #: why writing stopped, if it did
        self._pid = os.getpid()
        self._queue: queue.SimpleQueue[Row] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._closing = False
        self._committing = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS schema (version INTEGER)")
        self._db.execute("INSERT INTO schema VALUES (?)", (SCHEMA,))
        for row in TABLES:
            self._db.execute(_create(row))
        # A fork in the middle of a commit would leave the child with a locked lock; so forks wait for it.
        os.register_at_fork(
            before=self._committing.acquire,
            after_in_parent=self._committing.release,
            after_in_child=self._committing.release,
        )
        self._thread = threading.Thread(target=self._write, name="rectifier-record", daemon=True)
        self._thread.start()

    def put(self, row: Row) -> None:
        """Queue one row."""
        if self.error is None and self._pid == os.getpid():
            self._queue.put(row)

    def flush(self) -> None:
        """Commit what is queued now."""
        if self._pid == os.getpid() and not self._closing:
            with self._committing:
                self._commit()

    def close(self) -> None:
        """Commit what is queued and close the file. Does nothing in a forked child."""
        if self._pid != os.getpid() or self._closing:
            return
        self._closing = True
        self._wake.set()
        self._thread.join()
        self._db.close()

    def _write(self) -> None:
        while not self._closing:
            self._wake.wait(BATCH_SECONDS)
            with self._committing:
                self._commit()

    def _commit(self) -> None:
        batch: dict[type[Row], list[tuple[object, ...]]] = defaultdict(list)
        while not self._queue.empty():
            row = self._queue.get()
            batch[type(row)].append(tuple(map(_storable, _VALUES[type(row)](row))))
        if not batch or self.error is not None:
            return
        try:
            self._db.execute("BEGIN")
            for kind, rows in batch.items():
                self._db.executemany(_INSERT[kind], rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self.error = error
