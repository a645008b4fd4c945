"""docs/clinic-sweep.md."""

import platform
from collections.abc import Callable, Iterable, Iterator
from datetime import date

import numpy as np
import scipy
import sklearn
import torch

from clinic.sweep.design import EACH, FURTHER, PROVOKE, PROVOKE_FURTHER, SEVERITIES, design
from clinic.sweep.judged import GOOD_NEWS, Judged, misjudged

CONFIDENCE = (0.5, 0.8, 0.9, 1.01)


def table(a: list[Judged], b: list[Judged]) -> str:
    """Both halves side by side, then what half B is misjudged on, run by run."""
    both = [*a, *b]
    drawn = len(design())
    runs = (
        f"{drawn} generated runs" if len(both) == drawn else f"{len(both)} of {drawn} generated runs, drawn at random,"
    )
    lines = [
        "# The sweep",
        "",
        f"`make clinic-sweep`, {date.today()}, 2 cores, processes with one thread, Python "
        f"{platform.python_version()}, torch {torch.__version__}, NumPy {np.__version__}, scikit-learn "
        f"{sklearn.__version__}: {runs} of a few seconds, watched by `rectifier.watch()` at its "
        "default budget. Whether a run learned, and what is ill in it, is measured without Rectifier: on its whole "
        "training set, and by runs beside it ([clinic/README.md](../clinic/README.md) and `clinic/sweep/truth.py` say "
        "how). What was wrong in the runs of A was looked at to mend the rules; the runs of B were made after the last "
        "mend (`clinic/sweep/looked_at.txt`), and are only reported.",
        "",
        *_summary(a, b),
        "",
        f"Of all {_count(j.truth.healthy for j in both)} healthy runs "
        f"{_share([bool(j.findings) for j in both if j.truth.healthy])} were called sick (95% interval by Clopper and "
        "Pearson). Undecided is a run that learned less than it could, yet more than three quarters of it; one whose "
        "symptoms lie between clear limits; and one that learned too little for no reason that was tried. Nothing that "
        "is said of it counts for or against.",
        "",
        "## By rule",
        "",
        "Found and missed: of the runs that have the illness. *Missed, cause named*: missed, but the first finding of "
        "the run is true. *False alarms*: on healthy runs. *Beside*: said of a run that is not healthy and does not "
        "have it. *Undecided*: said of a run of which it is neither true nor untrue.",
        "",
        "| rule | half | ill | found | missed | missed, cause named | false alarms | beside | undecided |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for rule in PROVOKE:
        lines += [_rule(rule, name, half) for name, half in (("A", a), ("B", b))]
    lines += [_good_news(name, half) for name, half in (("A", a), ("B", b))]
    lines += ["", *_severities(both), *_calibration(a, b)]
    lines += _list("Misjudged on B", list(misjudged(b)))
    return "\n".join(lines).rstrip() + "\n"


def _summary(a: list[Judged], b: list[Judged]) -> Iterator[str]:
    def state(name: str, half: list[Judged]) -> list[Judged]:
        return [j for j in half if j.state == name]

    def firsts(half: list[Judged]) -> list[Judged]:
        return [j for j in state("ill", half) if j.findings]

    rows: dict[str, Callable[[list[Judged]], object]] = {
        "runs": len,
        "healthy by truth": lambda h: len(state("healthy", h)),
        "of these called sick": lambda h: _share([bool(j.findings) for j in state("healthy", h)]),
        "ill by truth": lambda h: len(state("ill", h)),
        "of the ill called sick": lambda h: _of([bool(j.findings) for j in state("ill", h)]),
        "of these first finding true": lambda h: _of([j.first == "ill" for j in firsts(h)]),
        "first finding undecided": lambda h: _of([j.first == "undecided" for j in firsts(h)]),
        "first finding not true": lambda h: _of([j.first == "well" for j in firsts(h)]),
        "dead layers rightly found: those named, and no other": lambda h: _of(
            [j.layers_right for j in h if j.layers_right is not None]
        ),
        "undecided by truth": lambda h: len(state("undecided", h)),
        "of the undecided called sick": lambda h: _of([bool(j.findings) for j in state("undecided", h)]),
    }
    yield from ("| | A | B |", "|---|---|---|")
    for what, value in rows.items():
        yield f"| {what} | {value(a)} | {value(b)} |"


def _count(values: Iterable[bool]) -> int:
    return sum(values)


def _of(values: list[bool]) -> str:
    return f"{sum(values)} of {len(values)}"


def _share(values: list[bool]) -> str:
    """A count with its exact binomial interval."""
    if not values:
        return "0 of 0"
    interval = scipy.stats.binomtest(sum(values), len(values)).proportion_ci()
    share = sum(values) / len(values)
    return f"{_of(values)}: {share:.1%} ({interval.low:.1%} to {interval.high:.1%})"


def _rule(rule: str, name: str, half: list[Judged]) -> str:
    ill = [j for j in half if rule in j.truth.ill]
    missed = [j for j in ill if rule in j.missed]
    said = [j for j in half if rule in j.named]
    cells = (
        len(ill), len(ill) - len(missed), len(missed), _count(j.first == "ill" for j in missed),
        _count(j.truth.healthy for j in said), _count(rule in j.wrong and not j.truth.healthy for j in said),
        _count(j.truth.illnesses[rule] == "undecided" for j in said),
    )  # fmt: skip
    return f"| `{rule}` | {name} | " + " | ".join(map(str, cells)) + " |"


def _good_news(name: str, half: list[Judged]) -> str:
    told = [GOOD_NEWS in j.noted for j in half if j.truth.sparse == "ill"]
    wrong = _count(GOOD_NEWS in j.noted and j.truth.sparse == "well" for j in half)
    unsure = _count(GOOD_NEWS in j.noted and j.truth.sparse == "undecided" for j in half)
    cells = (len(told), sum(told), len(told) - sum(told), "", wrong, "", unsure)
    return f"| `{GOOD_NEWS}` (info) | {name} | " + " | ".join(map(str, cells)) + " |"


def _severities(both: list[Judged]) -> Iterator[str]:
    yield from (
        "## Detection against severity",
        "",
        f"Each illness was provoked {sum(EACH)} times at each of four severities (`clinic/sweep/design.py`), "
        f"{' and '.join(f'`{rule}`' for rule in PROVOKE_FURTHER)} {sum(FURTHER)} times more in other ways, both halves "
        "together: how many of the runs that have it by truth were found, and how many of the runs were called sick at "
        "all of those that are ill with anything.",
        "",
        "| provoked | " + " | ".join(f"severity {s}" for s in SEVERITIES) + " |",
        "|---" * (len(SEVERITIES) + 1) + "|",
    )
    for rule in PROVOKE:
        cells = []
        for severity in SEVERITIES:
            group = [j for j in both if j.drawn.provoked == rule and j.drawn.severity == severity]
            found = [rule in j.named for j in group if rule in j.truth.ill]
            sick = [bool(j.findings) for j in group if j.state == "ill"]
            cells.append(f"{_of(found)}; sick {_of(sick)}")
        yield f"| `{rule}` | " + " | ".join(cells) + " |"
    yield ""


def _calibration(a: list[Judged], b: list[Judged]) -> Iterator[str]:
    yield from (
        "## Confidence",
        "",
        "Errors and warnings by the confidence they state, and how many of them are true; those of which it is "
        "undecided are left out and counted apart.",
        "",
        "| confidence | A: true | B: true | B: share | undecided, A and B |",
        "|---|---|---|---|---|",
    )
    low = 0.0
    for high in CONFIDENCE:
        (true_a, unsure_a), (true_b, unsure_b) = _said(a, low, high), _said(b, low, high)
        share = f"{np.mean(true_b):.0%}" if true_b else ""
        yield f"| {low:g} to {min(high, 1.0):g} | {_of(true_a)} | {_of(true_b)} | {share} | {unsure_a + unsure_b} |"
        low = high
    yield ""


def _said(half: list[Judged], low: float, high: float) -> tuple[list[bool], int]:
    answers = [j.truth.illnesses[f.rule] for j in half for f in j.findings if low <= f.confidence < high]
    return [answer == "ill" for answer in answers if answer != "undecided"], answers.count("undecided")


def _list(title: str, runs: list[Judged]) -> Iterator[str]:
    yield from (
        f"## {title}",
        "",
        "*Come*: how much of the way from the trivial score to what the same network can reach.",
        "",
        "| run | come | true | said, in order | missed | not true |",
        "|---|---|---|---|---|---|",
    )
    for j in runs:
        cells = (
            f"{j.drawn.number}: {j.drawn.setting}",
            f"{j.truth.come:.2f}",
            ", ".join(sorted(j.truth.ill)) or j.state,
            ", ".join(f.rule for f in j.findings) or "nothing",
            ", ".join(sorted(j.missed)),
            ", ".join(sorted(j.wrong)),
        )
        yield "| " + " | ".join(cells) + " |"
    yield ""
