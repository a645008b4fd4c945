"""Finding an earlier run by what the user calls it."""

from pathlib import Path

import click

from rectifier.names import unknown
from rectifier.record import runs
from rectifier.record.reader import Record


def record_of(run: str | None) -> Record:
    """The record of the run of this name, or in this folder; of the last one if none is given."""
    try:
        folder = runs.latest() if run is None else next(f for f in (Path(run), runs.ROOT / run) if f.is_dir())
        return Record(folder)
    except StopIteration:
        raise click.ClickException(unknown("run", run or "", [f.name for f in runs.ROOT.glob("*")])) from None
    except runs.NoRunError as error:
        raise click.ClickException(str(error)) from None
