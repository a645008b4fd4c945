"""`rectifier runs`: the runs there are."""

import json
import math
import time
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from rectifier.cli._runs import size_of
from rectifier.cli._script import must_be_writable
from rectifier.record.kept import LAST, Kept, kept
from rectifier.record.reader import DamagedRecordError, Record
from rectifier.record.rows import Step
from rectifier.record.runs import ROOT, NoRunError

SCHEMA = 1


@click.command()
@click.option("--all", "everything", is_flag=True, help=f"List all of them, not only the last {LAST}.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the result to FILE as JSON."
)
def command(everything: bool, json_file: Path | None) -> None:
    """List the runs in .rectifier/runs, the last one last: when each began, its script, its verdict, its last loss and
    what its record takes on disk.

    `rectifier report RUN` prints the report of one again, `rectifier clean` removes old ones.
    """
    from rectifier.report.text import console

    if json_file is not None:
        must_be_writable(json_file)
    found = kept()
    if not found:
        raise click.ClickException(f"no run found under {ROOT}: start one with `rectifier run train.py`")
    shown = [_described(each) for each in (found if everything else found[-LAST:])]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("run", no_wrap=True, min_width=max(len(each["name"]) for each in shown))  # to be copied whole
    table.add_column("when", no_wrap=True)
    table.add_column("script", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    for column in ("loss", "size"):
        table.add_column(column, no_wrap=True, justify="right")
    for each in shown:
        table.add_row(
            Text(each["name"]),
            time.strftime("%Y-%m-%d %H:%M", time.localtime(each["started"])),
            Text(" ".join((each["script"], *each["arguments"]))),
            each["state"] if each["state"] != "ended" else each["verdict"] or "cannot be read",
            "" if each["loss"] is None else f"{each['loss']:.4g}",
            size_of(each["size"]),
        )
    output = console(stderr=False)
    output.print(table)
    left_out = f"; {len(found) - len(shown)} before these (--all)" if len(shown) < len(found) else ""
    total = size_of(sum(each.size for each in found))
    output.print(Text(f"{len(found)} run{'' if len(found) == 1 else 's'}, {total}{left_out}", style="dim"))
    if json_file is not None:
        for each in shown:
            each["loss"] = each["loss"] if math.isfinite(each["loss"] or 0) else None  # JSON has no number for it
        text = json.dumps({"schema": SCHEMA, "runs": shown}, indent=2, allow_nan=False)
        json_file.write_text(text + "\n", encoding="utf-8")


def _described(each: Kept) -> dict[str, Any]:
    """One run, as it is in the JSON file."""
    run = each.run
    return {
        "name": each.name,
        "script": run.script,
        "arguments": list(run.arguments),
        "directory": run.directory,
        "started": run.started,
        "ended": run.ended,
        "state": each.state,
        "exit_code": run.exit_code,
        "ended_by": run.ended_by,
        "raised": run.raised,
        "verdict": _verdict(each.folder) if run.verdict is None and each.state != "under way" else run.verdict,
        "loss": _loss(each.folder),
        "size": each.size,
    }


def _verdict(folder: Path) -> str | None:
    """Of a run whose report was never written, as that of `rectifier.watch()`."""
    from rectifier.diagnose.diagnosis import diagnose

    try:
        return diagnose(Record(folder)).verdict
    except (DamagedRecordError, NoRunError):
        return None


def _loss(folder: Path) -> float | None:
    """Of the last step."""
    try:
        step = Record(folder).last(Step)
    except (DamagedRecordError, NoRunError):
        return None
    return None if step is None else step.loss
