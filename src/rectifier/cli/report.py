"""`rectifier report`: print the diagnosis of an earlier run again."""

from pathlib import Path

import click

from rectifier.names import unknown
from rectifier.record import runs


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the report as JSON.")
def command(run: str | None, json_file: Path | None) -> None:
    """Print the diagnosis of RUN, a name or folder under .rectifier/runs; by default of the last run."""
    from rectifier.diagnose.diagnosis import diagnose
    from rectifier.record.reader import DamagedRecordError, Record
    from rectifier.report.model import Report
    from rectifier.report.text import show

    try:
        folder = runs.latest() if run is None else next(f for f in (Path(run), runs.ROOT / run) if f.is_dir())
        report = Report.of(diagnose(Record(folder)))
    except StopIteration:
        raise click.ClickException(unknown("run", run or "", [f.name for f in runs.ROOT.glob("*")])) from None
    except (runs.NoRunError, DamagedRecordError) as error:
        raise click.ClickException(str(error)) from None
    show(report, stderr=False)
    if json_file is not None:
        report.save(json_file)
