"""The folder of a run, `.rectifier/runs/<id>/`, and its `run.json`."""

import contextlib
import dataclasses
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(".rectifier") / "runs"
#: Beside the records: the commands that the script started and that are not followed.
UNFOLLOWED = "unfollowed.txt"
#: Beside the records: why a process could not be watched.
NOT_WATCHED = "not-watched.txt"
#: Beside the records: that Rectifier was loaded into the script's Python.
LOADED = "loaded"
#: All that Rectifier writes into the folder of a run.
FILES = ("run.json*", "rank-*", UNFOLLOWED, NOT_WATCHED, LOADED)


class NoRunError(LookupError):
    """No run where one was looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was run and how it ended."""

    script: str  #: path of the script as it was given, `-m module`, or what `watch()` was called in
    arguments: tuple[str, ...] = ()
    directory: str = ""  #: working directory
    started: float = 0.0  #: seconds since the epoch
    ended: float | None = None
    exit_code: int | None = None  #: None while it runs, and of a watched block; 128 + number if a signal ended it
    ended_by: str | None = None  #: what of Rectifier ended the script; None: it ended by itself, or by somebody else
    raised: str | None = None  #: the class of the exception that ended a watched block; None: there was none
    verdict: str | None = None  #: of the report at its end; None if there was none
    launched: bool = False  #: whether Rectifier started it; else a part of a process watches itself

    @property
    def completed(self) -> bool:
        """Whether it ran to its end: it is over, without an error."""
        return self.ended is not None and not self.exit_code and self.raised is None

    def save(self, folder: Path) -> None:
        """Write `run.json`; replaced in one step, so that a reader never sees half of it."""
        half = folder / f"run.json.{os.getpid()}"  # the ranks of one node share the folder
        half.write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n")
        half.replace(folder / "run.json")

    @classmethod
    def load(cls, folder: Path) -> "Run":
        try:
            values = json.loads((folder / "run.json").read_text())
        except FileNotFoundError:
            raise NoRunError(f"{folder} holds no run: there is no run.json in it") from None
        return cls(**{**values, "arguments": tuple(values["arguments"])})


def create(root: Path = ROOT) -> Path:
    """A new run's folder, named for the time of its start and its process; one for all that a `torchrun` started."""
    started, process = time.time(), os.getpid()
    if shared():
        process = os.getppid()
        started = begin_of(process) or 0.0
    folder = root / f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(started))}-{process}"
    folder.mkdir(parents=True, exist_ok=True)
    ignore = root.parent / ".gitignore"
    if root == ROOT and not ignore.exists():  # a folder of the user's own is not ours to hide
        with contextlib.suppress(OSError):  # a convenience: the run does not depend on it
            ignore.write_text("*\n")
    return folder


def shared() -> bool:
    """Whether `torchrun` started this process, and others for the same run."""
    return "TORCHELASTIC_RUN_ID" in os.environ and os.environ.get("LOCAL_RANK", "").isdigit()


def leads() -> bool:
    """Whether this process speaks for its run: it is alone, or the first of those that `torchrun` started here."""
    return not shared() or os.environ["LOCAL_RANK"] == "0"


def begin_of(process: int) -> float | None:
    """When a process was started, in seconds since the epoch, as Linux tells it."""
    try:
        ticks = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19])
        booted = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime"))
    except (OSError, StopIteration):
        return None
    return int(booted.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")


def latest(root: Path = ROOT) -> Path:
    """The folder of the run that started last."""
    folders: Sequence[Path] = sorted(root.glob("*/run.json"), key=lambda f: Run.load(f.parent).started)
    if not folders:
        raise NoRunError(f"no run found under {root}: start one with `rectifier run train.py`")
    return folders[-1].parent
