"""The report for a terminal."""

import io
import shlex
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from rectifier.diagnose.finding import Finding
from rectifier.diagnose.networks import label
from rectifier.diagnose.rules import rules
from rectifier.diagnose.words import counted
from rectifier.report import terminal
from rectifier.report.model import Report
from rectifier.report.terminal import trimmed

WIDTH = 100  # lines longer than this are hard to read
PLACES = 16  # of one finding; `--json` has all of them
_STYLES = {
    "sick": "bold red", "healthy": "bold green", "inconclusive": "bold yellow",
    "error": "bold red", "warning": "bold yellow", "info": "bold cyan",
}  # fmt: skip


def console(*, stderr: bool = True) -> Console:
    """A console on standard error (or output) that is never wider than a person reads."""
    found = terminal.console(stderr=stderr)
    found.width = min(found.width, WIDTH)
    return found


def plain(report: Report) -> str:
    """The same without colours."""
    buffer = io.StringIO()
    Console(file=buffer, width=WIDTH, highlight=False, no_color=True).print(render(report), crop=False)
    return trimmed(buffer.getvalue())


def render(report: Report) -> RenderableType:
    """Everything a person wants to read: verdict, findings with the causes first, what could not be judged."""
    parts: list[RenderableType] = [Line("rectifier", style="dim", align="left")]
    if report.run.unwatched is not None:
        parts.append(Text(f"Rectifier could not watch this run: {report.run.unwatched}", style="bold red"))
    parts.append(_verdict(report))
    told: set[str] = set()
    for finding in report.findings:
        parts += [Text(), _finding(finding, told, report.run.networks)]
        told |= {remedy.name for remedy in finding.remedies}
    if report.notes:
        parts += [Text(), *(Text(f"note  {note}", style="dim") for note in report.notes)]
    # Where nothing was trained no rule has anything to judge; what was not watched may have trained all the same.
    unjudged = [entry for entry in report.not_judged if report.run.steps or entry.rule == "watch"]
    if unjudged:
        parts.append(Text())
        by_reason: dict[str, list[str]] = {}
        for entry in unjudged:
            by_reason.setdefault(entry.because, []).append(entry.rule)
        for because, slugs in by_reason.items():
            parts.append(Text(f"not judged  {', '.join(slugs)}: {because}", style="dim"))
    if report.verdict == "sick" and report.run.command:
        parts += [Text(), _cures(report.run.command)]
    return Group(*parts)


def _cures(command: tuple[str, ...]) -> Text:
    """The line that tries the cures on the same run: to be copied, so that it is neither wrapped nor cropped."""
    return Text.assemble(
        "To try the cures: ", (f"rectifier treat {shlex.join(command)}", "bold"), no_wrap=True, overflow="ignore"
    )


def _verdict(report: Report) -> RenderableType:
    run = report.run
    line = Text.assemble((report.verdict, _STYLES[report.verdict]), f"  {run.script}")
    if run.steps:
        line.append(
            f"  {counted(run.steps, 'step')}, {run.looked_at} sampled, overhead {run.overhead:.1%}", style="dim"
        )
    if run.processes > 1:
        line.append(f"  {run.processes} processes", style="dim")
    if run.ended_by is not None:
        line.append(f"  ended by {run.ended_by}", style="bold red")
    elif run.exit_code:
        line.append(f"  exit code {run.exit_code}", style="bold red")
    elif run.raised is not None:
        line.append(f"  ended by {run.raised}", style="bold red")
    note = {"healthy": _nothing_ill, "sick": lambda report: "", "inconclusive": _too_little}[report.verdict](report)
    return Group(line, Text(note)) if note else line


def _nothing_ill(report: Report) -> str:
    """What a clean bill of health rests on."""
    nothing = f"Nothing {'ill' if not report.findings else 'that needs a cure'}"
    unjudged = len({entry.rule for entry in report.not_judged} & rules().keys())
    run = report.run
    ended = run.raised or ("the script ended" if run.exit_code or run.ended_by else None)
    until = f", until {ended}" if ended else ""
    where = f"in what could be judged: {len(rules()) - unjudged} of {len(rules())} rules" if unjudged else "was found"
    return f"{nothing} {where}{until}."


def _too_little(report: Report) -> str:
    """Why nothing is said of the run."""
    run = report.run
    if run.steps:
        return "" if run.unwatched else f"Too little was seen to judge: {counted(run.steps, 'training step')}."
    if run.backward_calls:
        return f"No training step was seen: {counted(run.backward_calls, 'backward call')}, no optimizer step."
    if run.unwatched:
        return ""
    who = "The script" if run.exit_code else "The watched block" if run.raised else None
    return f"{who} stopped before its first training step." if who else "No training step was seen."


def _finding(finding: Finding, told: set[str], networks: tuple[str, ...]) -> RenderableType:
    head = Text.assemble((finding.severity, _STYLES[finding.severity]), "  ", (finding.rule, "bold"))
    if finding.step is not None:
        head.append(f"  since step {finding.step}", style="dim")
    if finding.process is not None:
        head.append(f"  in process {finding.process}", style="bold")
    if finding.caused_by is not None:
        head.append(f"  follows from {finding.caused_by}", style="dim")
    parts: list[RenderableType] = []
    if finding.where:
        places = Table.grid(padding=(0, 2))
        for where in finding.where[:PLACES]:
            affected = f"{where.affected} of {where.units} units" if where.units else ""
            if where.copies > 1:
                affected += f"{', ' if affected else ''}in {where.copies} copies"
            places.add_row(
                Text(label(where.network, where.layer, networks), style="bold"),
                where.activation or "",
                affected,
                Text(where.source or "", "cyan"),
            )
        parts.append(places)
        if len(finding.where) > PLACES:
            parts.append(Text(f"and {len(finding.where) - PLACES} more", style="dim"))
    parts.append(Text(finding.explanation))
    # What a cause before it has already recommended is not said again.
    remedies = [r for r in finding.remedies if r.name not in told or finding.caused_by is None]
    if remedies and finding.severity != "info":
        todo = Table.grid(padding=(0, 1))
        for number, remedy in enumerate(remedies, 1):
            text = Text.assemble(remedy.summary.rstrip("."), " (", (remedy.name, "green"), ").")
            todo.add_row(f"{number}.", text)
        first = "most promising first" if finding.caused_by is None else f"besides curing {finding.caused_by}"
        parts += [Text(f"What to do, {first}:"), Padding(todo, (0, 0, 0, 1))]
    parts.append(Text(f"More: rectifier explain {finding.rule}", style="dim"))
    return Group(head, Padding(Group(*parts), (0, 0, 0, 2)))


def show(report: Report, *, stderr: bool = True) -> None:
    """Print the report."""
    console(stderr=stderr).print(render(report), crop=False)


def relative(path: Path) -> Path:
    """The path as a person would type it: relative to the working directory where it lies below it."""
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path
