"""What a treatment found, for a terminal."""

import math
import statistics
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from rectifier.treat.answer import Answer, Arm
from rectifier.treat.trial import Result

#: Ends of an interval that stand on one line together, in characters.
_SHORT = 12
_GOOD = ("cured", "nothing-to-cure")


def render(answer: Answer, reused: int = 0) -> RenderableType:
    """The outcome, every remedy in a row, the change to make."""
    head = Text.assemble(
        (answer.outcome.replace("-", " "), "bold green" if answer.outcome in _GOOD else "bold yellow"),
        f"  {answer.script}",
    )
    ran = f"{len(answer.trials)} trials, {answer.cost:.0f} s, as long as {answer.cost_ratio:.1f} untreated runs"
    head.append(f"  {ran}" + (f"; {reused} were there already" if reused else ""), style="dim")
    parts: list[RenderableType] = [Line("rectifier", style="dim", align="left"), head, Text(_sentence(answer.why))]
    if answer.arms:
        parts += [Text(), _table(answer)]
        gains = {arm.by for arm in answer.arms if arm.by}
        by = "evaluation loss" if gains == {"eval_loss"} else "training loss" if gains == {"loss"} else "loss"
        parts.append(
            Text(
                f"dead: units, in the worst of {len(answer.untreated)} seeds. gain: how much lower the {by} ends than "
                "untreated, mean over the seeds, with its 95% confidence interval (paired by seed, Holm over all "
                "remedies tried). control: drawn at random from the other remedies.",
                style="dim",
            )
        )
    if (best := answer.recommended) is not None:
        parts += [Text(), Text.assemble(("Recommended: ", "bold"), (best.remedy, "bold green")), Text(best.summary)]
        if best.diff:
            parts.append(_coloured(best.diff))
        else:
            parts.append(Text("Where that belongs in the script is not known; no diff is given.", style="dim"))
    for name, because in answer.not_tried:
        parts.append(Text(f"not tried  {name}: {because}", style="dim"))
    parts += [Text(f"note  {note}", style="dim") for note in answer.notes]
    return Group(*parts)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _table(answer: Answer) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("remedy", "dead", "loss", "gain", "verdict"):
        words = name in ("remedy", "verdict")
        least = 20 if name == "verdict" else None  # so that the names of most rules stay whole on 80 columns
        table.add_column(
            name, justify="left" if words else "right", no_wrap=not words, overflow="fold", min_width=least
        )
    table.add_row(
        "untreated",
        dead(answer.untreated),
        mean([r.loss for r in answer.untreated]),
        "",
        Text(", ".join(answer.illness)),
    )
    for arm in answer.arms:
        label = Text(arm.remedy, style="bold" if arm.cured and not arm.control else "")
        if arm.control:
            label.append(" (control)", style="dim")
        style = "green" if arm.cured else ""
        table.add_row(
            label, dead(arm.results), mean([r.loss for r in arm.results]), _gain(arm),
            Text(arm.verdict, style=style),
        )  # fmt: skip
    return table


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


def _coloured(diff: str) -> Text:
    text = Text(no_wrap=True, overflow="ignore")  # a line that is broken is no diff any more
    for line in diff.splitlines():
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        text.append(f"{line}\n", style="bold" if line.startswith(("+++", "---")) else style)
    return text
