"""The runs that are kept on disk: what they take, which of them may be removed, and removing the oldest.

Never removed are a run under way, the last runs, and a folder that holds a file of the user's. What `treat` resumes
from lies elsewhere (`.rectifier/treat`) and is not looked at.
"""

import fnmatch
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rectifier.record.runs import FILES, ROOT, Run, begin_of

#: `end unknown`: its end was never written, and its process is not on this machine. It broke off, or goes on elsewhere.
State = Literal["ended", "under way", "end unknown"]

#: The last runs are kept, whatever they take. Chosen by us: an afternoon of trying.
LAST = 20
#: Bytes that all runs may take together before the oldest are removed. Chosen by us: some hundred runs of an hour.
LIMIT = 10**9
#: A run whose end is unknown may go on on another machine that shares the disk. It is taken to have broken off when
#: nothing has been written for so many seconds. Chosen by us.
SILENCE = 24 * 3600.0
_CLOCK = 10.0  # seconds by which a process may seem younger than it is: Linux gives the time of its start in whole ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A run on disk."""

    folder: Path
    run: Run
    size: int  #: bytes of its files
    written: float  #: when a file of it was written last, in seconds since the epoch
    foreign: bool  #: whether there is a file in it that Rectifier has not written

    @property
    def name(self) -> str:
        """What `rectifier report` calls it."""
        return self.folder.name

    @property
    def state(self) -> State:
        """How it goes."""
        if self.run.ended is not None:
            return "ended"
        process = self.name.rpartition("-")[2]
        began = begin_of(int(process)) if process.isdigit() else None
        # A process that is younger than the run has got its number from one that is gone.
        return "under way" if began is not None and began < self.run.started + _CLOCK else "end unknown"

    @property
    def removable(self) -> bool:
        """Whether it is over, and nothing but a record."""
        silent = time.time() - self.written > SILENCE
        return not self.foreign and (self.state == "ended" or (self.state == "end unknown" and silent))


def kept(root: Path = ROOT) -> list[Kept]:
    """The runs in a folder, in the order in which they started. What cannot be read as a run is left out, and left."""
    found = []
    for file in root.glob("*/run.json"):
        try:
            found.append(_look(file.parent))
        except (OSError, ValueError, TypeError, KeyError):
            continue  # removed meanwhile, damaged, or a newer Rectifier's
    return sorted(found, key=lambda each: (each.run.started, each.name))


def remove(runs: Sequence[Kept], *, last: int = LAST, limit: float = 0, pretend: bool = False) -> list[Kept]:
    """Remove the oldest until all take no more than `limit` bytes; returns those that were removed.

    Args:
        runs: all that there are, in their order.
        last: so many of the last ones stay in any case.
        limit: bytes; 0 removes whatever may be removed.
        pretend: remove nothing, and return what would be.
    """
    total = sum(each.size for each in runs)
    removed = []
    for each in runs[: max(0, len(runs) - last)]:
        if total <= limit:
            break
        if each.removable and (pretend or _removed(each.folder)):
            total -= each.size
            removed.append(each)
    return removed


def _look(folder: Path) -> Kept:
    run = Run.load(folder)
    files = list(folder.rglob("*"))
    facts = [file.lstat() for file in files]
    return Kept(
        folder=folder,
        run=run,
        size=sum(fact.st_size for fact in facts),
        written=max(fact.st_mtime for fact in facts),
        foreign=folder.is_symlink()
        or not all(any(fnmatch.fnmatch(file.name, pattern) for pattern in FILES) for file in files),
    )


def _removed(folder: Path) -> bool:
    try:
        shutil.rmtree(folder)
    except OSError:
        return False  # somebody else's, or on a disk that cannot be written
    return True
