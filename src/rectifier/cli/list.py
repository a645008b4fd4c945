"""`rectifier list`: every activation in one table."""

import click
from rich.console import Console
from rich.table import Table

from rectifier import catalogue


@click.command
def command() -> None:
    """List all activations: range, slope at its extremes, and what each does."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("activation", no_wrap=True, style="cyan")
    table.add_column("range", no_wrap=True)
    table.add_column("parameter", no_wrap=True)
    table.add_column("what it does")
    for member in catalogue.members():
        facts = member.facts(*member.defaults)
        parameters = ", ".join(f"{p.name}={p.default:g}" for p in member.parameters)
        table.add_row(member.name, str(facts.range), parameters, member.summary)
    console = Console(highlight=False)
    console.print(table)
    console.print("\n[dim]More about one: rectifier explain NAME[/]")
