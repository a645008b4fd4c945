"""Reading a record, also while it is being written."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from rectifier.record import files
from rectifier.record.ranks import Ranks
from rectifier.record.rows import SCHEMA, Event, Process, Row
from rectifier.record.runs import LOADED, NOT_WATCHED, UNFOLLOWED, Run

R = TypeVar("R", bound=Row)


class DamagedRecordError(ValueError):
    """A record that cannot be read: damaged, or written by a newer Rectifier."""


class Record:
    """One run's record. `rows(Step)` gives its rows in the order in which they were written.

    A run without a database (nothing was trained) is an empty record. Of several processes the records are read as one
    (`ranks.py`).
    """

    def __init__(self, folder: Path, files: Sequence[Path] | None = None) -> None:
        self.folder = folder
        self.run = Run.load(folder)
        found = sorted(folder.glob("rank-*.db"), key=lambda file: (len(file.name), file.name))
        self._files = found if files is None else list(files)
        self._ranks = Ranks(len(self._files), lambda position, kind: self._read(self._files[position], kind))

    def rows(self, kind: type[R]) -> list[R]:
        """Every row of this kind."""
        if len(self._files) > 1:
            return self._ranks.rows(kind)
        return self._read(self._files[0], kind) if self._files else []

    def apart(self) -> list["Record"]:
        """One record for each training: processes that are no ranks of one trained networks of their own."""
        together: dict[int, list[Path]] = {}
        for training, file in zip(self._ranks.trainings, self._files, strict=True):
            together.setdefault(training, []).append(file)
        return [self] if len(together) < 2 else [Record(self.folder, files) for files in together.values()]

    def last(self, kind: type[R]) -> R | None:
        """The row of this kind that the first process wrote last, without reading the others."""
        found = self._read(self._files[0], kind, "ORDER BY rowid DESC LIMIT 1") if self._files else []
        return found[0] if found else None

    @property
    def unended(self) -> list[Process]:
        """The processes that still run, or whose record breaks off."""
        found = []
        for file in self._files:
            if not any(event.kind == "ended" for event in self._read(file, Event)):
                number = int(file.stem.removeprefix("rank-"))
                who = self._read(file, Process) or [Process(process=number, rank=number, world=1, pid=0)]
                found.append(who[0])
        return found

    @property
    def losses(self) -> list[str]:
        """What writers said of rows that they could not write."""
        said = [file.read_text().strip() for file in sorted(self.folder.glob("rank-*.lost"))]
        return [text for text in said if text]

    @property
    def unwatched(self) -> list[str]:
        """Why a process of the run was not watched, as it said itself."""
        found = [text for note in sorted(self.folder.glob(NOT_WATCHED)) if (text := note.read_text().strip())]
        if self.run.launched and self.run.exit_code is not None and not (self.folder / LOADED).exists():
            found.append(
                "the script's Python left no sign of having loaded Rectifier: it does not with the options -I, -E and "
                "-S, and on a full disk it cannot leave one"
            )
        return found

    @property
    def unfollowed(self) -> list[str]:
        """Commands that were started and may have trained, unseen."""
        file = self.folder / UNFOLLOWED
        return list(dict.fromkeys(file.read_text().splitlines())) if file.is_file() else []

    def _read(self, file: Path, kind: type[R], which: str = "ORDER BY rowid") -> list[R]:
        try:
            db = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
            try:
                version = _version(db)
                if version > SCHEMA:
                    raise DamagedRecordError(
                        f"{file} was written by a newer Rectifier (record version {version}, "
                        f"this one reads up to {SCHEMA}): upgrade with `pip install -U rectifier`"
                    )
                if 0 < version < SCHEMA:  # 0: nothing was written
                    raise DamagedRecordError(
                        f"{file} was written by an older Rectifier (record version {version}, this one reads "
                        f"{SCHEMA}): run the script again"
                    )
                return files.select(db, kind, which)
            finally:
                db.close()
        except sqlite3.DatabaseError as error:
            raise DamagedRecordError(f"{file} cannot be read: {error}") from error


def _version(db: sqlite3.Connection) -> int:
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema'").fetchone() is None:
        return 0  # its first rows have not been written yet
    version: int | None = db.execute("SELECT max(version) FROM schema").fetchone()[0]
    return version or 0
