"""`rectifier clean`: remove the records of old runs."""

import click

from rectifier.cli._runs import size, size_of, told
from rectifier.record import runs
from rectifier.record.kept import LAST, kept, remove


@click.command()
@click.option(
    "--keep", type=click.IntRange(0), default=LAST, show_default=True, metavar="N", help="Keep the last N runs."
)
@click.option(
    "--record-limit", callback=size, default="0", metavar="SIZE",
    help="Remove no more than it takes to come down to SIZE: 500MB, 2GB.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Remove nothing; say what would be removed.")
def command(keep: int, record_limit: float, dry_run: bool) -> None:
    """Remove the records of old runs from .rectifier/runs: all but the last 20, the oldest first.

    A run under way stays, and so does a folder with a file in it that Rectifier has not written. What `rectifier treat`
    resumes from, .rectifier/treat, is not touched: `rectifier treat --fresh` begins anew.
    """
    every = kept()
    removed = remove(every, last=keep, limit=record_limit, pretend=dry_run)
    gone = {each.name for each in removed}
    left = [each for each in every if each.name not in gone]
    of = f"{len(left)} run{'' if len(left) == 1 else 's'} ({size_of(sum(each.size for each in left))})"
    if dry_run:
        click.echo(f"would remove {told(removed)} from {runs.ROOT}, and leave {of}")
    else:
        click.echo(f"removed {told(removed)} from {runs.ROOT}; {of} {'is' if len(left) == 1 else 'are'} left")
