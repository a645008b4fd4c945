"""`rectifier report`: print the diagnosis of an earlier run again, or two runs side by side."""

from pathlib import Path

import click

from rectifier.cli._runs import record_of


@click.command()
@click.argument("names", nargs=-1, metavar="[RUN [RUN]]")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the result to FILE as JSON."
)
def command(names: tuple[str, ...], json_file: Path | None) -> None:
    """Print the diagnosis of RUN, a name or folder under .rectifier/runs; by default of the last run.

    Of two runs, print what changed from the first to the second: losses, times, and which illnesses are gone, new, or
    in both.
    """
    if len(names) > 2:
        raise click.UsageError(f"one run is reported and two are compared, but {len(names)} were given")
    if len(names) == 2 and json_file is not None:
        raise click.UsageError("--json writes the report of one run; two were given")
    from rectifier.record.reader import DamagedRecordError

    records = [record_of(name) for name in names or (None,)]
    try:
        if len(records) == 2:
            from rectifier.report.comparison import compare
            from rectifier.report.text import console

            console(stderr=False).print(compare(*records))
            return
        from rectifier.diagnose.diagnosis import diagnose
        from rectifier.report.model import Report
        from rectifier.report.text import show

        report = Report.of(diagnose(records[0]))
    except DamagedRecordError as error:
        raise click.ClickException(str(error)) from None
    show(report, stderr=False)
    if json_file is not None:
        report.save(json_file)
