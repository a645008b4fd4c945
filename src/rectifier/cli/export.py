"""`rectifier export`: an earlier run's record as Parquet files."""

from pathlib import Path

import click

from rectifier.cli._runs import record_of


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
    help="Where to; by default a folder named for the run, here.",
)  # fmt: skip
def command(run: str | None, folder: Path | None) -> None:
    """Write the record of RUN, a name or folder under .rectifier/runs, as one Parquet file per table; by default of
    the last run. docs/record.md says what the tables hold."""
    from rectifier.record.export import NoParquetError, export
    from rectifier.record.reader import DamagedRecordError

    record = record_of(run)
    folder = folder or Path(record.folder.resolve().name)
    try:
        written = export(record, folder)
    except (NoParquetError, DamagedRecordError, OSError) as error:
        raise click.ClickException(str(error)) from None
    if not written:
        raise click.ClickException(f"nothing was recorded in {record.folder}: there is nothing to export")
    click.echo(f"{len(written)} tables in {folder}: {', '.join(file.stem for file in written)}")
