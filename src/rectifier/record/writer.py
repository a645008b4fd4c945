"""Writing a record: rows are queued by the training thread and committed in batches by a background thread.

The file is SQLite in WAL mode, so it can be read while it grows and survives `kill -9` up to the last batch. It is
made when there is a first row: a process that never trains leaves none. A forked child never writes. A disk that is
full or a file that is locked never stops the training: what could not be written is tried again, up to a number of
rows; what is lost in the end is counted, and the record says so. Long runs are thinned (`thinning.py`).
"""

import contextlib
import json
import os
import queue
import sqlite3
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rectifier.record import files, own_warnings
from rectifier.record.rows import Event, Process, Row, Step
from rectifier.record.thinning import Looks, Numbered, Steps, StepValues

BATCH_SECONDS = 0.25
#: Seconds to wait for a lock of someone else's before the next try.
_PATIENCE = 0.2
#: Rows that are kept while they cannot be written: some tens of megabytes at most. Chosen by us.
KEPT = 100_000
#: The most seconds that the end of the record holds up the end of the process.
_CLOSING = 5.0

#: Held while a batch is committed. A fork in the middle of one would leave the child with half of it; so forks wait.
_committing = threading.Lock()
os.register_at_fork(before=_committing.acquire, after_in_parent=_committing.release, after_in_child=_committing.release)


class Writer:
    """Appends rows to one database file. `put` costs about a microsecond, `put_step` less; `close` commits the rest.

    Args:
        place: the file, or what says at the first row which file it is and who this process is; None: record nothing.
    """

    def __init__(self, place: Path | Callable[[], tuple[Path, Process] | None]) -> None:
        self.error: Exception | None = None  #: why nothing could be written at the last try
        self._place = place.resolve() if isinstance(place, Path) else place
        self._first: list[Row] = []
        self._pid = os.getpid()
        self._queue: queue.SimpleQueue[Row] = queue.SimpleQueue()
        self._queued_steps: list[StepValues] = []
        self._waiting: list[Row] = []  # taken from the queue, not yet written
        self._waiting_steps: list[Numbered] = []
        self._lost = 0
        self._whole = False  # whether it is no longer thinned
        self._last_step = 0
        self._wake = threading.Event()
        self._closing = False
        self._file: Path | None = None
        self._db: sqlite3.Connection | None = None
        self._thread: threading.Thread | None = None
        self._steps, self._looks = Steps(), Looks()
        self._number = 0  # of the last row of a step

    def begin_with(self, row: Row) -> None:
        """A row that goes before all others, if there are any."""
        self._first.append(row)

    def put(self, row: Row) -> None:
        """Queue one row."""
        if self._pid != os.getpid() or not self._started():
            return
        if isinstance(row, Step):
            self._queued_steps.append((row.step, row.optimizer, row.loss, row.rate, row.seconds))
        else:
            self._queue.put(row)

    def put_step(self, step: int, optimizer: int, loss: float | None, rate: float | None, seconds: float) -> None:
        """Queue one row of `Step`: what there is at every step has to be quick."""
        if self._pid == os.getpid() and (self._thread is not None or self._started()):
            self._queued_steps.append((step, optimizer, loss, rate, seconds))

    def put_steps(self, steps: list[StepValues]) -> None:
        """Queue rows of `Step`, given as their values."""
        if steps and self._pid == os.getpid() and (self._thread is not None or self._started()):
            self._queued_steps += steps

    def flush(self) -> None:
        """Commit what is queued now."""
        if self._pid == os.getpid() and not self._closing:
            with _committing:
                self._commit()

    def close(self) -> None:
        """Commit what is queued and close the file. Does nothing in a forked child."""
        if self._pid != os.getpid() or self._closing:
            return
        self._closing = True
        if self._thread is None:
            return
        if not self._thread.is_alive():
            with _committing:
                self._commit()
                self._end()
            return
        self._wake.set()
        self._thread.join(_CLOSING)

    def _started(self) -> bool:
        """Whether anything is to be written; the first time, find out where to, and begin."""
        if self._thread is not None or self._closing:
            return self._thread is not None
        try:
            place = (self._place, None) if isinstance(self._place, Path) else self._place()
        except Exception as error:  # noqa: BLE001  the training goes on, recorded or not
            self.error, place = error, None
        if place is None:
            self._closing = True  # nothing is recorded here
            return False
        self._file, who = place
        for row in [*([] if who is None else [who]), *self._first]:
            self._queue.put(row)
        self._thread = threading.Thread(target=self._write, name="rectifier-record", daemon=True)
        with contextlib.suppress(RuntimeError):  # Python is ending, and starts no thread any more: `close` writes all
            self._thread.start()
        return True

    def _write(self) -> None:
        while not self._closing:
            self._wake.wait(BATCH_SECONDS)
            with _committing:
                self._commit()
        with _committing:
            self._commit()  # what was put while the one before was under way
            self._end()

    def _commit(self) -> None:
        with own_warnings.ignored():
            self._commit_all()

    def _commit_all(self) -> None:
        while not self._queue.empty():
            self._waiting.append(self._queue.get())
        steps = self._queued_steps[:]
        del self._queued_steps[: len(steps)]  # meanwhile others may have come
        self._waiting_steps += enumerate(steps, self._number + 1)
        self._number += len(steps)
        if not self._waiting and not self._waiting_steps:
            return
        try:
            if self._db is None:
                self._open()
            assert self._db is not None
            self._db.execute("BEGIN")
            self._insert(self._db)
            self._db.execute("COMMIT")
        except Exception as error:  # noqa: BLE001  whatever it is, the script must not hear of it
            self._failed(error)
            return
        self._last_step = max((values[0] for _, values in self._waiting_steps), default=self._last_step)
        self._waiting.clear()
        self._waiting_steps.clear()
        self.error = None
        self._thin(self._db)

    def _thin(self, db: sqlite3.Connection) -> None:
        """Keep the record small. One that cannot be thinned (there may be no room for that either) is left as it is."""
        if self._whole:
            return
        try:
            db.execute("BEGIN")
            self._steps.thin(db)
            self._looks.thin(db, self._read, self._rewrite)
            db.execute("COMMIT")
        except Exception as error:  # noqa: BLE001  as above
            self._whole = True
            self._failed(error)
            self.error = None

    def _failed(self, error: Exception) -> None:
        self.error = error
        if self._db is not None and self._db.in_transaction:
            try:
                self._db.execute("ROLLBACK")
            except sqlite3.Error:
                pass  # SQLite has done it itself
        for waiting in (self._waiting, self._waiting_steps):
            if (excess := len(waiting) - KEPT) > 0:
                del waiting[:excess]
                self._lost += excess

    def _open(self) -> None:
        assert self._file is not None
        db = sqlite3.connect(self._file, timeout=_PATIENCE, check_same_thread=False, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA journal_size_limit = 16000000")
            db.execute("BEGIN")
            files.create(db)
            db.execute("COMMIT")
        except sqlite3.Error:
            db.close()
            raise
        self._db = db

    def _insert(self, db: sqlite3.Connection) -> None:
        if self._waiting_steps:
            stay, go = self._steps.sift(self._waiting_steps)
            db.executemany('DELETE FROM "step" WHERE rowid = ?', ((number,) for number in go))
            files.insert_values(db, Step, [(number, *values) for number, values in stay])
        batch: dict[type[Row], list[Row]] = defaultdict(list)
        for row in self._waiting:
            batch[type(row)].append(row)
        for kind, found in batch.items():
            files.insert(db, kind, found)
        self._looks.wrote(Counter({kind: len(found) for kind, found in batch.items()}))

    def _read(self, kind: type[Any], which: str) -> list[Any]:
        assert self._db is not None
        return files.select(self._db, kind, which)

    def _rewrite(self, kind: type[Any], rows: list[Any]) -> None:
        assert self._db is not None
        files.insert(self._db, kind, rows)

    def _end(self) -> None:
        """Say in the record that it is whole, or what is missing; beside it, if it cannot be written."""
        lost = self._lost + len(self._waiting) + len(self._waiting_steps)
        self._waiting = [Event(step=self._last_step, kind="ended", detail=json.dumps({"lost": lost}))]
        self._waiting_steps = []
        if self.error is None:
            self._commit()
        if self.error is not None and self._file is not None:
            try:
                self._file.with_suffix(".lost").write_text(f"{lost} rows could not be written: {self.error}\n")
            except OSError:
                pass  # the disk is full: that the record has no end says it too
        if self._db is not None:
            self._db.close()
