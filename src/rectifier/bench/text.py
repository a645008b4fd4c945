"""The results for a terminal."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rectifier.bench.machine import Machine
from rectifier.bench.peers import peers
from rectifier.bench.results import NOISE, Cell, Results


def render(results: Results) -> RenderableType:
    """Everything a person wants to read."""
    parts: list[RenderableType] = [Text(headline(results.machine), style="dim"), Text()]
    if results.cells:
        parts += [_cells(results), Text(), *_verdict(results)]
    if results.layouts:
        parts += [Text(), _layouts(results)]
    if results.small:
        parts += [Text(), _small(results)]
    if results.not_compared:
        parts += [Text(), *(Text(line, style="dim") for line in _left_out(results))]
    return Group(*parts)


def headline(machine: Machine) -> str:
    """The machine in one line."""
    threads = f"{machine.threads} thread{'' if machine.threads == '1' else 's'}"
    return f"{machine.processor}, {machine.cores} cores; Rectifier: {machine.isa}, {threads}"


def information(machine: Machine) -> RenderableType:
    """What `--info` prints."""
    rows = [
        ("processor", f"{machine.processor}, {machine.cores} cores"),
        ("system", machine.system),
        ("instruction set", f"{machine.isa} (RECTIFIER_ISA forces another)"),
        ("supported here", ", ".join(machine.supported_isas)),
        ("built", ", ".join(machine.built_isas)),
        ("threads", machine.threads),
        ("Python", machine.python),
        ("rectifier", str(machine.versions["rectifier"])),
    ]
    for name, peer in peers().items():
        needs = " ".join(peer.needs)
        version = machine.versions[name]
        rows.append((name, f"{peer.needs[0]} {version}" if version else f"not installed (pip install {needs})"))
    width = max(len(label) for label, _ in rows) + 2
    return Group(*(Text.assemble((label.ljust(width), "bold"), value) for label, value in rows))


def size(elements: int) -> str:
    """A number of elements, as a power of two if it is one.

    >>> size(65536), size(1000)
    ('2^16', '1,000')
    """
    power = elements.bit_length() - 1
    return f"2^{power}" if elements == 1 << power and power >= 10 else f"{elements:,}"


def significant(number: float) -> str:
    """Three digits, without an exponent.

    >>> [significant(number) for number in (0.0123456, 1.23456, 123.456, 12345.6)]
    ['0.0123', '1.23', '123', '12346']
    """
    if number >= 100:
        return f"{number:.0f}"
    return f"{number:.{2 if number >= 1 else 3 if number >= 0.1 else 4}f}"[: 6 if number < 0.1 else 4].rstrip(".")


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for index, heading in enumerate(headings):
        table.add_column(heading, no_wrap=True, justify="left" if index == 0 else "right")
    return table


def _cells(results: Results) -> RenderableType:
    first = results.cells[0]
    asked = [name for name in results.titles if any(name in cell.peers for cell in results.cells)]
    whole = all(cell.what == first.what and cell.dtype == first.dtype for cell in results.cells)
    title = Text(f"{first.what.replace('_', ' ')}, {first.dtype}" if whole else "", style="bold")
    table = _table("", "size", "", "ns/elem", "±", "GB/s", "of copy", *(results.titles[name] for name in asked))
    before = ""
    for cell in results.cells:
        label = cell.member if whole else f"{cell.member}{_suffix(cell)} {cell.dtype}"
        table.add_row(
            Text(label if label != before else "", style="cyan"),
            size(cell.elements),
            cell.mode,
            significant(cell.ns_per_element),
            f"{cell.ours.spread:.0%}",
            significant(cell.gb_per_second),
            f"{cell.copy_share:.0%}",
            *(_ratio(cell.ratio(name)) if name in cell.peers else Text("–", style="dim") for name in asked),
        )
        before = label
    return Group(title, table) if whole else table


def _suffix(cell: Cell) -> str:
    return {"value": "", "derivative": "′", "value_and_derivative": ", ′"}[cell.what]


def _ratio(ratio: float) -> Text:
    return Text(f"{ratio:.2f}", style="bold red" if ratio > NOISE else "green" if ratio < 1 / NOISE else "")


def _verdict(results: Results) -> Iterable[RenderableType]:
    yield Text(
        "Peers: Rectifier's time as a multiple of theirs (below 1 Rectifier is faster). ±: half the distance of the "
        "quartiles. of copy: the share of numpy.copyto's bandwidth. out: into an array that exists; new: a new one.",
        style="dim",
    )
    compared = sum(len(cell.peers) for cell in results.cells)
    if not compared:
        return
    slower = results.slower
    yield Text(
        f"No peer is faster by more than {NOISE - 1:.0%} in any of {compared} comparisons."
        if not slower
        else f"A peer is faster by more than {NOISE - 1:.0%} in {len(slower)} of {compared} comparisons."
    )


def _layouts(results: Results) -> RenderableType:
    kinds = list(dict.fromkeys(row.layout for row in results.layouts))
    table = _table("input, × contiguous", "size", *kinds)
    ratios = {(r.member, r.dtype, r.elements, r.layout): r.ratio for r in results.layouts}
    for member, dtype, elements in dict.fromkeys((r.member, r.dtype, r.elements) for r in results.layouts):
        cells = (f"{ratios[member, dtype, elements, layout]:.2f}" for layout in kinds)
        table.add_row(Text(f"{member} {dtype}", style="cyan"), size(elements), *cells)
    return table


def _small(results: Results) -> RenderableType:
    table = _table(f"{results.small[0].elements} elements", "ns/call", "±", "ufunc", "maximum", "× maximum")
    for row in results.small:
        table.add_row(
            Text(f"{row.member} {row.dtype}", style="cyan"),
            f"{row.ours.median * 1e9:.0f}",
            f"{row.ours.spread:.0%}",
            f"{row.ufunc.median * 1e9:.0f}" if row.ufunc else "–",
            f"{row.maximum.median * 1e9:.0f}",
            f"{row.ratio:.2f}",
        )
    return table


def _left_out(results: Results) -> Iterable[str]:
    """Who was not compared, and why, one line per peer and reason."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for entry in results.not_compared:
        reasons.setdefault((entry.peer, entry.because), []).append(entry.member)
    for (peer, because), members in reasons.items():
        yield f"not compared  {results.titles[peer]} with {', '.join(dict.fromkeys(members))}: {because}"
