"""The results as a page of Markdown, with everybody's numbers, the lost cells first."""

from collections.abc import Iterator

from rectifier.bench.goals import Goal, goals, name
from rectifier.bench.measure import PAUSE, TICK
from rectifier.bench.results import NOISE, Cell, Results
from rectifier.bench.text import headline, significant, size

_SHOWN = 12  # missed cases per goal; the JSON has all


def page(results: Results, command: str) -> str:
    """The page. `command` is what was typed for it."""
    return "\n".join(
        [
            "# Rectifier on NumPy arrays, beside its peers",
            "",
            *_introduction(results, command),
            *_goals(goals(results)),
            *_slower(results),
            *_grid(results),
            *_layouts(results),
            *_small(results),
            *_not_compared(results),
        ]
    )


def _introduction(results: Results, command: str) -> Iterator[str]:
    machine = results.machine
    versions = [f"{results.titles[peer]} {machine.versions[peer]}" for peer in results.titles]
    yield f"`{command}`, {machine.date}, {results.took / 60:.0f} minutes. {headline(machine)}."
    yield f"{machine.system}, Python {machine.python}; {', '.join(versions)}."
    yield ""
    yield (
        f"All who compute the same take turns in random order, in rounds; a timing is of as many calls as fill "
        f"{TICK * 1e3:g} ms, after a pause of {PAUSE * 1e3:g} ms and a call that does not count. Everybody is timed at "
        f"least {results.rounds} times and for {results.seconds:g} s in each cell. Shown are medians; ± is half the "
        "distance of the quartiles. Peers use as many threads as they do by default, compile before they are timed, "
        "and are written as their competent users write them (`src/rectifier/bench/peers/`); where there is more than "
        "one way, the quickest counts. A peer that cannot write into an array that exists returns a new one in either "
        "mode. `of copy` is the share of the bandwidth of `numpy.copyto`, timed in the same rounds on as many bytes."
    )
    yield ""


def _goals(found: list[Goal]) -> Iterator[str]:
    if not found:
        return
    yield "## Goals"
    yield ""
    yield "| goal | reached | not reached, the worst first |"
    yield "|---|---|---|"
    for goal in found:
        missed = "; ".join(f"{label} ({number:.2f})" for label, number in goal.missed[:_SHOWN])
        more = f"; and {len(goal.missed) - _SHOWN} more" if len(goal.missed) > _SHOWN else ""
        yield f"| {goal.text} | {goal.reached} of {goal.cases} | {missed}{more} |"
    yield ""


def _slower(results: Results) -> Iterator[str]:
    if not results.slower:
        return
    yield f"## Where a peer is faster by more than {NOISE - 1:.0%}"
    yield ""
    yield "| cell | peer | Rectifier ns/element | peer ns/element | ratio |"
    yield "|---|---|---|---|---|"
    for cell, peer in results.slower:
        yield (
            f"| {name(cell)} | {results.titles[peer]} | {significant(cell.ns_per_element)} | {_theirs(cell, peer)} | "
            f"{cell.ratio(peer):.2f} |"
        )
    yield ""


def _grid(results: Results) -> Iterator[str]:
    for what, dtype, mode in dict.fromkeys((c.what, c.dtype, c.mode) for c in results.cells):
        cells = [c for c in results.cells if (c.what, c.dtype, c.mode) == (what, dtype, mode)]
        asked = [peer for peer in results.titles if any(peer in cell.peers for cell in cells)]
        yield f"## {what.replace('_', ' ').capitalize()}, {dtype}, {'`out=`' if mode == 'out' else 'a new array'}"
        yield ""
        yield "Nanoseconds per element; for peers, then Rectifier's time as a multiple of theirs."
        yield ""
        titles = "".join(f" {results.titles[peer]} |" for peer in asked)
        yield f"| | size | Rectifier | ± | GB/s | of copy |{titles}"
        yield "|---|---|---|---|---|---|" + "---|" * len(asked)
        for cell in cells:
            theirs = "".join(
                f" {_theirs(cell, peer)} · {_bold(cell.ratio(peer))} |" if peer in cell.peers else " – |"
                for peer in asked
            )
            yield (
                f"| {cell.member} | {size(cell.elements)} | {significant(cell.ns_per_element)} | "
                f"{cell.ours.spread:.0%} | {significant(cell.gb_per_second)} | {cell.copy_share:.0%} |{theirs}"
            )
        yield ""


def _theirs(cell: Cell, peer: str) -> str:
    return significant(cell.peers[peer].median * 1e9 / cell.elements)


def _bold(ratio: float) -> str:
    return f"**{ratio:.2f}**" if ratio > NOISE else f"{ratio:.2f}"


def _layouts(results: Results) -> Iterator[str]:
    if not results.layouts:
        return
    kinds = list(dict.fromkeys(row.layout for row in results.layouts))
    ratios = {(r.member, r.dtype, r.elements, r.layout): r.ratio for r in results.layouts}
    yield "## Input that is not contiguous"
    yield ""
    yield "The time per element with `out=`, as a multiple of the time on contiguous input."
    yield ""
    yield f"| | | size | contiguous ns/element | {' | '.join(kinds)} |"
    yield "|---|---|---|---|" + "---|" * len(kinds)
    contiguous = {(r.member, r.dtype, r.elements): r.contiguous.median * 1e9 / r.elements for r in results.layouts}
    for key, nanoseconds in contiguous.items():
        shown = " | ".join(f"{ratios[*key, layout]:.2f}" for layout in kinds)
        yield f"| {key[0]} | {key[1]} | {size(key[2])} | {significant(nanoseconds)} | {shown} |"
    yield ""


def _small(results: Results) -> Iterator[str]:
    if not results.small:
        return
    yield f"## {results.small[0].elements} elements"
    yield ""
    yield "Nanoseconds per call that returns a new array."
    yield ""
    yield "| | | `rectifier.NAME(x)` | ± | the ufunc beneath | `numpy.maximum(x, 0)` | ratio |"
    yield "|---|---|---|---|---|---|---|"
    for row in results.small:
        ufunc = f"{row.ufunc.median * 1e9:.0f}" if row.ufunc else "–"
        yield (
            f"| {row.member} | {row.dtype} | {row.ours.median * 1e9:.0f} | {row.ours.spread:.0%} | {ufunc} | "
            f"{row.maximum.median * 1e9:.0f} | {row.ratio:.2f} |"
        )
    yield ""


def _not_compared(results: Results) -> Iterator[str]:
    if not results.not_compared:
        return
    yield "## Not compared"
    yield ""
    reasons: dict[tuple[str, str], list[str]] = {}
    for entry in results.not_compared:
        label = entry.member + ("" if entry.what == "value" else f".{entry.what}") + f" {entry.dtype}"
        reasons.setdefault((results.titles[entry.peer], entry.because), []).append(label)
    for (title, because), labels in reasons.items():
        yield f"- {title}: {because}. {', '.join(labels)}."
    yield ""
