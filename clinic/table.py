"""The clinic's table, as Markdown."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

import torch

from clinic.cases import GOOD_NEWS, ILLNESSES
from clinic.score import Score

#: Upper bounds of the classes of confidence.
CONFIDENCE = (0.5, 0.8, 0.9, 1.01)


def table(scores: list[Score]) -> str:
    """Per rule, then every miss and false alarm by script, then how far confidence means what it says."""
    sick = [s for s in scores if s.case.illness]
    healthy = [s for s in scores if not s.case.illness]
    placed = [s for s in sick if s.layers is not None]
    fine = _count(not s.alarms and s.said.failure is None for s in healthy)
    lines = [
        "# The clinic",
        "",
        f"`make clinic`, {date.today()}, torch {torch.__version__}, one thread: `rectifier run` on "
        f"{len(sick)} sick and {len(healthy)} healthy scripts. Their truth is measured without Rectifier "
        "([clinic/README.md](../clinic/README.md)).",
        "",
        "| | reached | of |",
        "|---|---|---|",
        f"| sick scripts whose illness is among the findings | {_count(s.found for s in sick)} | {len(sick)} |",
        f"| whose first finding is it or a stated cause | {_count(s.first for s in sick)} | {len(sick)} |",
        f"| whose layers are named, and no other | {_count(bool(s.layers) for s in placed)} | {len(placed)} found |",
        f"| healthy scripts without error or warning | {fine} | {len(healthy)} |",
        "",
        "| rule | sick scripts | found | missed | first finding right | layers right "
        "| false alarms on healthy scripts | said of sick scripts beside their label |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for rule in ILLNESSES:
        mine = [s for s in sick if s.case.illness == rule]
        where = [s for s in mine if s.layers is not None]
        lines.append(
            f"| `{rule}` | {len(mine)} | {_count(s.found for s in mine)} | {_count(not s.found for s in mine)} "
            f"| {_count(s.first for s in mine)} | {_count(bool(s.layers) for s in where)} of {len(where)} "
            f"| {_count(rule in s.alarms for s in healthy)} | {_count(rule in s.beside for s in sick)} |"
            if rule != GOOD_NEWS
            else _good_news(scores)
        )
    lines += ["", *_list("Missed", sick, lambda s: not s.found)]
    lines += _list("First finding neither the illness nor its cause", sick, lambda s: s.found and not s.first)
    lines += _list("Layers wrong", sick, lambda s: s.layers is False)
    lines += _list("False alarms", healthy, lambda s: bool(s.alarms))
    lines += _list("Not examined", scores, lambda s: s.said.failure is not None)
    return "\n".join([*lines, *_calibration(scores)]) + "\n"


def _count(values: Iterable[bool]) -> int:
    return sum(values)


def _good_news(scores: list[Score]) -> str:
    told = [s.told for s in scores if s.told is not None]
    return f"| `{GOOD_NEWS}` (info, on healthy scripts) | {len(told)} | {sum(told)} | {len(told) - sum(told)} | | | | |"


def _list(title: str, scores: list[Score], chosen: Callable[[Score], bool]) -> Iterator[str]:
    rows = [s for s in scores if chosen(s)]
    if not rows:
        return
    yield from (
        f"## {title}",
        "",
        "| script | what it has | what was said, in order | layers named |",
        "|---|---|---|---|",
    )
    for s in rows:
        rules = ", ".join(f.rule if f.grave else f"({f.rule})" for f in s.said.findings) or s.said.failure or "nothing"
        has = f"{s.case.illness} in {', '.join(sorted(s.case.layers))}" if s.case.layers else s.case.illness
        named = sorted({layer for f in s.said.findings if f.rule == s.case.illness for layer in f.layers})
        yield f"| {s.case.name} | {has or s.case.why} | {rules} | {', '.join(named)} |"
    yield ""


def _calibration(scores: list[Score]) -> Iterator[str]:
    """How often findings are right, by the confidence they state. Right: in the label of a sick script."""
    yield from (
        "## Confidence",
        "",
        "A finding (error or warning) is right if the script is sick and the label names its rule.",
        "",
        "| confidence | findings | right | share |",
        "|---|---|---|---|",
    )
    said = [(f.confidence, f.rule in s.case.first | s.case.also) for s in scores for f in s.said.findings if f.grave]
    low = 0.0
    for high in CONFIDENCE:
        group = [right for confidence, right in said if low <= confidence < high]
        share = f"{sum(group) / len(group):.0%}" if group else ""
        yield f"| {low:g} to {min(high, 1.0):g} | {len(group)} | {sum(group)} | {share} |"
        low = high
