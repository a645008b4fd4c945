"""What a treatment found, for a terminal."""

import math
import statistics
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from rectifier.diagnose.words import counted
from rectifier.report.terminal import verbatim
from rectifier.treat.answer import Answer, Arm
from rectifier.treat.trial import Result

#: Ends of an interval that stand on one line together, in characters.
_SHORT = 12
_GOOD = ("cured", "nothing-to-cure")
#: Of a gain: what `Arm.by` calls them, and what a person does. The one that decides is the one that is shown.
_LOSSES = {"eval_loss": "evaluation loss", "loss": "training loss"}
#: Of the lines of a diff, by what they begin with.
_STYLES = {"+++": "bold", "---": "bold", "+": "green", "-": "red", "@": "cyan"}


def show(answer: Answer, console: Console, reused: int = 0) -> None:
    """Print it; the diff as `patch` takes it, whatever the width."""
    console.print(_found(answer, reused))
    if (best := answer.recommended) is not None and best.diff:
        verbatim(console, f"{best.diff}\n", _STYLES)
    for line in _rest(answer):
        console.print(Text(line, style="dim"))


def _found(answer: Answer, reused: int) -> RenderableType:
    """The outcome, every remedy in a row, what to do."""
    head = Text.assemble(
        (answer.outcome.replace("-", " "), "bold green" if answer.outcome in _GOOD else "bold yellow"),
        f"  {answer.script}",
    )
    trials = counted(len(answer.trials), "trial") + (f" ({reused} reused)" if reused else "")
    runs = f"{answer.cost_ratio:.2g} untreated run" + ("" if f"{answer.cost_ratio:.2g}" == "1" else "s")
    head.append(f"  {trials}, {answer.cost:.0f} s: the time of {runs}", style="dim")
    parts: list[RenderableType] = [Line("rectifier", style="dim", align="left"), head, Text(_sentence(answer.why))]
    if answer.arms:
        parts += [Text(), _table(answer), Text(_legend(answer), style="dim")]
    if (best := answer.recommended) is not None:
        parts += [Text(), Text.assemble(("Recommended: ", "bold"), (best.remedy, "bold green")), Text(best.summary)]
        if not best.diff:
            parts.append(Text(f"No diff is given: {best.no_diff}.", style="dim"))
    return Group(*parts)


def _rest(answer: Answer) -> list[str]:
    """What was not tried, and what a reader should know."""
    not_tried = [f"not tried: {name}, {because}" for name, because in answer.not_tried]
    return [*not_tried, *(f"note  {note}" for note in answer.notes)]


def _legend(answer: Answer) -> str:
    """What the columns hold."""
    by = [_LOSSES[each] for each in _compared(answer)]
    ends = f"how much lower the {by[0] if len(by) == 1 else 'loss'} ends than untreated" if by else ""
    parts = [f"dead: units, in the worst of {len(answer.untreated)} seeds."]
    if by:
        parts.append(
            f"gain: {ends}, mean over the seeds, with its 95% confidence interval (paired by seed, Holm over all "
            "remedies tried); without an interval it was tried with one seed, and is compared with the untreated run "
            "of that seed."
        )
    if any(arm.bounded for arm in answer.arms):
        parts.append(
            "In a gain, a loss above the level at which the untreated runs begin, or of a run that did not finish, "
            "counts as that level."
        )
    parts.append("control: drawn at random from the other remedies.")
    return " ".join(parts)


def _compared(answer: Answer) -> list[str]:
    """Which losses the gains are of."""
    seen = {arm.by for arm in answer.arms if arm.by}
    return [by for by in _LOSSES if by in seen]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _table(answer: Answer) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    losses = _compared(answer)
    for name in ("remedy", "dead", *(_LOSSES[by].replace(" ", "\n") for by in losses), "gain", "verdict"):
        words = name in ("remedy", "verdict")
        least = 23 if name == "verdict" else None  # so that the names of most rules stay whole on 80 columns
        table.add_column(
            name, justify="left" if words else "right", no_wrap=not words, overflow="fold", min_width=least
        )
    table.add_row("untreated", *_ends(answer.untreated, losses), "", Text(", ".join(answer.illness)))
    for arm in answer.arms:
        label = Text(arm.remedy, style="bold" if arm.cured and not arm.control else "")
        if arm.control:
            label.append(" (control)", style="dim")
        style = "green" if arm.cured else ""
        table.add_row(label, *_ends(arm.results, losses), _gain(arm), Text(arm.verdict, style=style))
    return table


def _ends(results: Sequence[Result], losses: Sequence[str]) -> list[str]:
    return [dead(results), *(mean([getattr(r, by) for r in results]) for by in losses)]


def dead(results: Sequence[Result]) -> str:
    """Dead units of all, in the seed with the most."""
    worst = max(results, key=lambda r: r.dead, default=None)
    return "" if worst is None or not worst.units else f"{worst.dead}/{worst.units}"


def mean(values: Sequence[float | None]) -> str:
    """The mean over seeds."""
    seen = [v for v in values if v is not None]
    if not seen:
        return ""
    return f"{statistics.fmean(seen):.3g}" if all(map(math.isfinite, seen)) else "not finite"


def _gain(arm: Arm) -> str:
    if arm.gain is None:
        return ""
    if arm.interval is None or not all(map(math.isfinite, arm.interval)):
        return f"{arm.gain:+.3g}"
    low, high = (f"{end:.3g}" for end in arm.interval)
    between = ", " if len(low + high) <= _SHORT else ",\n"
    return f"{arm.gain:+.3g}\n[{low}{between}{high}]"
