"""The table of treatments, as Markdown, with totals in AUTOTRAINER's terms (Zhang et al., ICSE 2021 and TDSC 2024)."""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import torch
from scipy.stats import binomtest

from clinic.treatment import Treated

#: The scripts whose score is an accuracy say so in their label's expression.
ACCURACY = "accuracy("
ROW = "| script | illness | label's cure | recommended | gain in loss | score of the changed script | runs | seconds |"


def table(treated: Sequence[Treated], left_out: Sequence[str] = ()) -> str:
    """Totals, then every script: those that a remedy of ours can cure, the other sick ones, the healthy ones.

    `left_out` are the names of those that were not treated.
    """
    sick = [t for t in treated if t.case.illness]
    curable = [t for t in sick if t.case.remedy]
    others = [t for t in sick if not t.case.remedy]
    healthy = [t for t in treated if not t.case.illness]
    lines = [
        "# The clinic, treated",
        "",
        f"`make clinic-treat`, {date.today()}, torch {torch.__version__}, one thread: `rectifier treat --write` on "
        f"{len(sick)} sick and {len(healthy)} healthy scripts, each with 3 seeds. {_code(treated)}",
        "",
        "A script counts as **cured** if `rectifier treat` says so: the illness gone with every seed, nothing new, the "
        "loss better beyond its interval. The cure counts as **confirmed** if the script, changed by the recommended "
        "diff, was run once more and measured by the clinic's probe, which knows nothing of Rectifier, and every claim "
        "that the label makes of a cured twin held: the illness is not measured any more and the score is that of a "
        "script that has learned ([clinic/README.md](../clinic/README.md)).",
        "",
        *_totals(sick, curable, others, healthy),
        "",
        "## Scripts whose cure is a remedy of `treat`",
        "",
        *_rows(curable),
        "",
        "## Scripts whose cure is a change of code or data",
        "",
        "What is recommended here treats what can be reached from outside; the fault itself is for a person to mend.",
        "",
        *_rows(others),
        "",
        "## Healthy scripts",
        "",
        *_healthy(healthy),
        *(["", f"Not treated this time: {', '.join(left_out)}."] if left_out else []),
    ]
    return "\n".join(lines) + "\n"


def _code(treated: Sequence[Treated]) -> str:
    codes = Counter(t.code for t in treated)
    digest = "the digest that `clinic.treatment.code` takes of Rectifier's Python"
    (most, number), *others = codes.most_common()
    if not others:
        return f"All by the same code ({most}: {digest})."
    rest = "; ".join(f"{', '.join(t.case.name for t in treated if t.code == name)} by {name}" for name, _ in others)
    return f"{number} by {most} ({digest}), and, after changes that concern them, {rest}."


def _share(values: Iterable[bool]) -> str:
    """How many, the share, and its 95% interval (Wilson)."""
    given = list(values)
    if not given:
        return "none"
    found = binomtest(sum(given), len(given)).proportion_ci(method="wilson")
    return f"{sum(given)} of {len(given)}, {sum(given) / len(given):.1%} [{found.low:.1%}, {found.high:.1%}]"


def _spread(values: Sequence[float], unit: str = "") -> str:
    if not values:
        return "none"
    low, high = min(values), max(values)
    return (
        f"mean {statistics.fmean(values):.3g}{unit}, median {statistics.median(values):.3g}{unit}, "
        f"from {low:.3g} to {high:.3g} ({len(values)} scripts)"
    )


def _totals(
    sick: Sequence[Treated], curable: Sequence[Treated], others: Sequence[Treated], healthy: Sequence[Treated]
) -> Iterator[str]:
    cured = [t for t in sick if t.cure]
    judged = [t for t in cured if t.confirmed is not None]
    accuracy = [
        100 * (t.scores[1] - t.scores[0]) for t in judged if t.scores and t.case.truth.score.startswith(ACCURACY)
    ]
    gains = [g for t in cured if (g := _part(t)) is not None]
    runs = [t.answer["cost"]["untreated_runs"] for t in cured if t.answer]
    every = [t.answer["cost"]["untreated_runs"] for t in sick if t.answer]
    rows = {
        "detection: sick scripts in whose untreated runs something ill was found": _share(t.found for t in sick),
        "repair, of those whose cure is a remedy of `treat`: cured": _share(bool(t.cure) for t in curable),
        "the same: cured, and the changed script confirmed": _share(bool(t.cure and t.confirmed) for t in curable),
        "repair, of those whose cure is a change of code or data: cured all the same": _share(
            bool(t.cure) for t in others
        ),
        "repair, of all sick scripts: cured": _share(bool(t.cure) for t in sick),
        "cures that come with a diff": _share(t.confirmed is not None for t in cured),
        "of these: confirmed": _share(bool(t.confirmed) for t in judged),
        "healthy scripts with a recommendation": _share(bool(t.cure) for t in healthy),
        "share of the loss that a cure takes away": _spread(gains),
        "accuracy gained by the changed script, points": _spread(accuracy),
        "changed scripts whose accuracy gains at most 2 points": f"{sum(a <= 2 for a in accuracy)} of {len(accuracy)}",
        "cost of a treatment that cures, in untreated runs": _spread(runs),
        "cost of a treatment, all sick scripts, in untreated runs": _spread(every),
    }
    yield from ("| | reached |", "|---|---|")
    for name, value in rows.items():
        yield f"| {name} | {value} |"


def _part(t: Treated) -> float | None:
    """The gain over the mean untreated loss; None where that is not a positive number."""
    if t.answer is None or t.arm is None or t.arm["gain"] is None:
        return None
    before = t.answer["untreated"]["eval_loss" if t.arm["by"] == "eval_loss" else "loss"]
    return t.arm["gain"] / before if before is not None and before > 0 else None


def _rows(treated: Sequence[Treated]) -> Iterator[str]:
    yield ROW
    yield "|---|---|---|---|---|---|---|---|"
    for t in treated:
        label = " + ".join(t.case.remedy)
        if t.answer is None:
            yield f"| {t.case.name} | `{t.case.illness}` | {label} | {t.failure} | | | | |"
            continue
        cost = t.answer["cost"]
        said = f"**{t.cure['remedy']}**" if t.cure else t.answer["outcome"].replace("-", " ")
        yield (
            f"| {t.case.name} | `{t.case.illness}` | {label} | {said} | {_gain(t)} | {_score(t)} "
            f"| {cost['untreated_runs']:.1f} | {cost['seconds']:.0f} |"
        )
    notes = [f"- {t.case.name}: {_why(t)}" for t in treated if not t.cure or t.unmet]
    if notes:
        yield from ("", "What fell short:", "", *notes)


def _why(t: Treated) -> str:
    if t.answer is None:
        return str(t.failure)
    if t.cure:
        return f"not confirmed: {'; '.join(t.unmet)}"
    return f"{t.answer['why']}."


def _gain(t: Treated) -> str:
    if t.arm is None or t.arm["gain"] is None:
        return ""
    low, high = t.arm["interval"] or (None, None)
    by = " (evaluation)" if t.arm["by"] == "eval_loss" else ""
    return f"{t.arm['gain']:.3g} [{low:.3g}, {high:.3g}]{by}" if low is not None else f"{t.arm['gain']:.3g}{by}"


def _score(t: Treated) -> str:
    if t.cure is None:
        return ""
    if t.after is None:
        return "no diff"
    scores = f"{t.scores[0]:.3g} to {t.scores[1]:.3g}, " if t.scores else ""
    return scores + ("confirmed" if t.confirmed else "not confirmed")


def _healthy(healthy: Sequence[Treated]) -> Iterator[str]:
    outcomes = Counter(t.answer["outcome"] if t.answer else "failed" for t in healthy)
    yield "Outcomes: " + ", ".join(f"{n} {name.replace('-', ' ')}" for name, n in outcomes.most_common()) + "."
    rest = [t for t in healthy if t.answer is None or t.answer["outcome"] != "nothing-to-cure"]
    if rest:
        yield from ("", "| script | found in untreated runs | outcome | recommended |", "|---|---|---|---|")
        for t in rest:
            found = ", ".join(t.answer["untreated"]["findings"]) if t.answer else t.failure
            outcome = t.answer["outcome"].replace("-", " ") if t.answer else "failed"
            yield f"| {t.case.name} | {found} | {outcome} | {t.cure['remedy'] if t.cure else 'nothing'} |"
