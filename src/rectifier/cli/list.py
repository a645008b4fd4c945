"""`rectifier list`: every activation in one table."""

import itertools
from typing import get_args

import click
from rich.table import Table

from rectifier import catalogue
from rectifier.catalogue import Kind
from rectifier.report.terminal import console

KINDS = get_args(Kind)


@click.command
def command() -> None:
    """List all activations: range, slope at its extremes, and what each does."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("activation", no_wrap=True, style="cyan")
    table.add_column("range", no_wrap=True)
    table.add_column("parameter", no_wrap=True)
    table.add_column("what it does")
    members = sorted(catalogue.members(), key=lambda member: (KINDS.index(member.kind), member.name))
    for kind, of_kind in itertools.groupby(members, key=lambda member: member.kind):
        table.add_row(f"[bold default]{kind}[/]")
        for member in of_kind:
            facts = member.facts(*member.defaults)
            parameters = "\n".join(f"{p.name}={p.default:.3g}" for p in member.parameters)
            table.add_row(member.name, str(facts.range), parameters, member.summary)
        table.add_row()
    output = console()
    output.print(table)
    output.print("[dim]More about one: rectifier explain NAME[/]")
