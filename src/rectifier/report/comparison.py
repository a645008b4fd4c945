"""Two runs side by side, for a terminal."""

import math
import statistics
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from rectifier.diagnose.diagnosis import diagnose
from rectifier.diagnose.finding import Finding
from rectifier.record.reader import Record
from rectifier.record.rows import Step
from rectifier.report.model import Report

_TAIL = 0.1
"""Share of the steps, at the end, whose mean loss is the final loss. Chosen by us: one batch's loss is mostly noise."""


def compare(first: Record, second: Record) -> RenderableType:
    """What a person wants to know of two runs: how each went, which illnesses went and which came."""
    reports = [Report.of(diagnose(record)) for record in (first, second)]
    table = Table.grid(padding=(0, 3))
    table.add_row("", *(Text(record.folder.name, style="bold") for record in (first, second)))
    for label, values in _rows((first, second), reports):
        table.add_row(Text(label, style="dim"), *values)
    before, after = ({(f.rule, f.caused_by): f for f in _grave(report)} for report in reports)
    named = {rule: f for (rule, _), f in (before | after).items()}
    was, now = ({rule for rule, _ in found} for found in (before, after))
    parts: list[RenderableType] = [Line("rectifier", style="dim", align="left"), table, Text()]
    gone = (
        ("gone", "green") if reports[1].verdict != "inconclusive" else ("not seen again, where little was seen", "dim")
    )
    for label, rules, style in (
        (gone[0], was - now, gone[1]),
        ("new", now - was, "bold red"),
        ("in both", was & now, "yellow"),
    ):
        if rules:
            ranked = sorted(rules, key=list(named).index)
            parts.append(Text.assemble((f"{label}  ", style), ", ".join(f"{named[r].severity} {r}" for r in ranked)))
    if not was | now and all(report.verdict == "healthy" for report in reports):
        parts.append(Text("Nothing ill was found in either."))
    return Group(*parts)


def _grave(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.severity != "info"]


def _rows(records: tuple[Record, Record], reports: list[Report]) -> Iterator[tuple[str, list[str]]]:
    yield "script", [" ".join((record.run.script, *record.run.arguments)) for record in records]
    yield "verdict", [report.verdict if report.run.watched else f"{report.verdict}, not watched" for report in reports]
    yield "exit code", ["" if report.run.exit_code is None else str(report.run.exit_code) for report in reports]
    yield "steps", [f"{report.run.steps:,}" for report in reports]
    steps = [record.rows(Step) for record in records]
    losses = [[step.loss for step in each if step.loss is not None] for each in steps]
    yield "first loss", [_number(each[0]) if each else "" for each in losses]
    yield (
        "lowest loss",
        [_number(min(filter(math.isfinite, each), default=math.nan)) if each else "" for each in losses],
    )
    yield "final loss", [_number(_final(each)) if each else "" for each in losses]
    yield "step time", [_milliseconds(each) for each in steps]
    yield "learning rate", [_rates(each) for each in steps]


def _final(losses: list[float]) -> float:
    return statistics.fmean(losses[-max(1, int(len(losses) * _TAIL)) :])


def _number(value: float) -> str:
    return f"{value:.4g}"


def _milliseconds(steps: list[Step]) -> str:
    taken = [step.seconds for step in steps if step.seconds > 0]
    return f"{statistics.median(taken) * 1e3:.3g} ms" if taken else ""


def _rates(steps: list[Step]) -> str:
    rates = [step.rate for step in steps if step.rate is not None]
    if not rates:
        return ""
    return f"{rates[0]:.3g}" if min(rates) == max(rates) else f"{min(rates):.3g} to {max(rates):.3g}"
