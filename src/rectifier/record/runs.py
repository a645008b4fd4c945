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
    exit_code: int | None = None  #: None while it runs; 128 + number if a signal ended it

    def save(self, folder: Path) -> None:
        """Write `run.json`; replaced in one step, so that a reader never sees half of it."""
        half = folder / "run.json.part"
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
    """A new run's folder, named for the time of its start and its process."""
    folder = root / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    ignore = root.parent / ".gitignore"
    if not ignore.exists():
        with contextlib.suppress(OSError):  # a convenience: the run does not depend on it
            ignore.write_text("*\n")
    return folder


def latest(root: Path = ROOT) -> Path:
    """The folder of the run that started last."""
    folders: Sequence[Path] = sorted(root.glob("*/run.json"), key=lambda f: Run.load(f.parent).started)
    if not folders:
        raise NoRunError(f"no run found under {root}: start one with `rectifier run train.py`")
    return folders[-1].parent
