"""Earlier runs: finding one by what the user calls it; what they may take on disk."""

import difflib
import math
import re
from collections.abc import Sequence
from pathlib import Path

import click

from rectifier.record import runs
from rectifier.record.kept import Kept, kept
from rectifier.record.reader import Record

#: How many runs a message names.
NAMED = 3
_UNITS = ("B", "kB", "MB", "GB", "TB")


def record_of(run: str | None) -> Record:
    """The record of the run of this name, or in this folder; of the last one if none is given."""
    try:
        folder = runs.latest() if run is None else next(f for f in (Path(run), runs.ROOT / run) if f.is_dir())
        return Record(folder)
    except StopIteration:
        raise click.ClickException(_unknown(run or "")) from None
    except runs.NoRunError as error:
        raise click.ClickException(str(error)) from None


def _unknown(run: str) -> str:
    names = [each.name for each in kept()]
    close = difflib.get_close_matches(run, names, n=1)
    meant = f": did you mean {close[0]!r}?" if close else "."
    if not names:
        return f"unknown run {run!r}: there is none in {runs.ROOT} here. `rectifier run train.py` makes one"
    last = f"The last {'run is' if len(names) == 1 else 'runs are'} {', '.join(names[: -NAMED - 1 : -1])}"
    return f"unknown run {run!r}{meant} {last}; `rectifier runs` lists those in {runs.ROOT}"


def size(_context: click.Context, _option: click.Parameter, value: str) -> float:
    """Bytes, as the callback of an option: `500MB`, `1.5 GB`; `none` for no limit."""
    if value.lower() == "none":
        return math.inf
    match = re.fullmatch(r"(\d+(?:\.\d+)?) *([kmgt]?)b?", value.lower())
    if match is None:
        raise click.BadParameter(f"{value!r} is no size: give for example 500MB, 2GB, or none for no limit")
    return float(match[1]) * 1000.0 ** ("kmgt".find(match[2]) + 1 if match[2] else 0)


def size_of(number: float) -> str:
    """Bytes for a person.

    >>> size_of(0), size_of(999), size_of(2_450_000), size_of(999_999), size_of(1e9)
    ('0 B', '999 B', '2.5 MB', '1 MB', '1 GB')
    """
    unit = 0
    while unit < len(_UNITS) - 1 and round(number, 0 if unit == 0 else 1) >= 1000:
        number /= 1000
        unit += 1
    return f"{number:.{0 if unit == 0 or number >= 100 else 1}f}".removesuffix(".0") + f" {_UNITS[unit]}"


def told(removed: Sequence[Kept]) -> str:
    """How many runs were removed, and what they took."""
    count = f"{len(removed)} old run{'' if len(removed) == 1 else 's'}"
    return f"{count} ({size_of(sum(each.size for each in removed))})"
