"""What was to be reached, counted on the results. A goal is one function; every function here without `_` is one.

It yields, for each thing it looks at, what that is, a ratio of times (larger is worse), and whether that is enough.
"""

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from rectifier.bench.results import NOISE, Cell, Results

Outcome = tuple[str, float, bool]

#: Of these the usual NumPy expression computes exponentials or more: Rectifier is to take a tenth of its time.
_CURVED = ("celu", "elu", "gelu", "mish", "selu", "sigmoid", "silu", "softplus", "tanh")

_IN_CACHE = (1 << 12, 1 << 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A goal and how far it is reached."""

    text: str
    """What was to be reached."""
    reached: int
    """In how many cases it is."""
    cases: int
    """Of how many."""
    missed: tuple[tuple[str, float], ...]
    """The others with their ratios, the worst first."""


def goals(results: Results) -> list[Goal]:
    """Every goal that these results say something about."""
    found = []
    functions = [f for name, f in vars(sys.modules[__name__]).items() if inspect.isgeneratorfunction(f)]
    for function in functions:
        outcomes = list(function(results))
        if outcomes:
            missed = [(label, number) for label, number, enough in outcomes if not enough]
            found.append(
                Goal(
                    text=(function.__doc__ or "").strip(),
                    reached=len(outcomes) - len(missed),
                    cases=len(outcomes),
                    missed=tuple(sorted(missed, key=lambda pair: -pair[1])),
                )
            )
    return found


def name(cell: Cell) -> str:
    """How a cell is called in prose."""
    what = "" if cell.what == "value" else f".{cell.what}"
    return f"{cell.member}{what} {cell.dtype} {cell.elements:,} {cell.mode}"


def no_peer_is_faster(results: Results) -> Iterator[Outcome]:
    """No peer is faster in any cell: Rectifier's time is at most 1.05 of the peer's (1 and the noise)."""
    for cell in results.cells:
        for peer in cell.peers:
            yield f"{name(cell)}, {results.titles[peer]}", cell.ratio(peer), cell.ratio(peer) <= NOISE


def relu_in_cache(results: Results) -> Iterator[Outcome]:
    """relu with `out=`, float32, up to 65,536 elements: at most 1/4 of the NumPy expression's time."""
    for cell in results.cells:
        wanted = (cell.member, cell.what, cell.mode, cell.dtype) == ("relu", "value", "out", "float32")
        if wanted and cell.elements in _IN_CACHE and "numpy_usual" in cell.peers:
            yield name(cell), cell.ratio("numpy_usual"), cell.ratio("numpy_usual") <= 1 / 4


def curved_members(results: Results) -> Iterator[Outcome]:
    """elu, selu, celu, gelu, silu, mish, softplus, sigmoid, tanh at 2^20: at most 1/10 of NumPy's time."""
    for cell in results.cells:
        wanted = cell.member in _CURVED and cell.what == "value" and cell.elements == 1 << 20
        if wanted and "numpy_usual" in cell.peers:
            yield name(cell), cell.ratio("numpy_usual"), cell.ratio("numpy_usual") <= 1 / 10


def as_fast_as_a_copy(results: Results) -> Iterator[Outcome]:
    """At 2^24 with `out=`, float32: at most 1.15 of the time of `numpy.copyto` of the same bytes."""
    for cell in results.cells:
        if cell.elements == 1 << 24 and cell.mode == "out" and cell.dtype == "float32" and cell.what == "value":
            yield name(cell), 1 / cell.copy_share, 1 / cell.copy_share <= 1.15


def any_layout(results: Results) -> Iterator[Outcome]:
    """Strided and broadcast input: at most twice the contiguous time per element."""
    for row in results.layouts:
        yield f"{row.member} {row.dtype} {row.elements:,} {row.layout}", row.ratio, row.ratio <= 2


def few_elements(results: Results) -> Iterator[Outcome]:
    """Arrays of 16 elements: at most 1.5 of the time of `numpy.maximum`."""
    for row in results.small:
        yield f"{row.member} {row.dtype}", row.ratio, row.ratio <= 1.5
