"""docs/accuracy.md, made from the results."""

import platform
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.accuracy import others
from benchmarks.accuracy.full import BOUND

Result = dict[str, Any]

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"

INTRODUCTION = """\
# Accuracy

How far the results of every elementwise member, with default parameters, are from the truth. Written by
`make accuracy`; do not edit.

- **float32**: all {count:,} finite numbers, one by one. To reach: at most 1 number away from the correctly rounded
  result.
- **float64**: {doubles:,} random and structured numbers each. To reach: at most 2.
- **float16, bfloat16**: all finite numbers, to be rounded correctly, every one.

*Away* counts the numbers of the type from the correctly rounded result: 0 is perfect. *Error* is the distance from the
truth itself in units in the last place (ulp), the largest there is; a correctly rounded result has at most 0.5. The
truth comes from the C library in double or long double, and from 113 bits where these cannot tell; it shares nothing
with the kernels, and a test holds it against mpmath. (Below 2^-125, x / 2 may be halfway between two float32 numbers.
What x sigmoid(x) and its like add to it there is too little even for 113 bits, which take the even one. Results are
rounded to where the truth lies, and so every fourth of these counts as wrong.)

{machine}, instruction set {isa}, {dates}.
"""


FOOTNOTE = """\
*Monotone*: over all float32 numbers in order, no result is less than the one before, where the definition says so of
the function. *Symmetry*: even and odd hold exactly (zeros are equal); complement is f(-x) = 1 - f(x) to 2^-24, the
distance of numbers below 1. *Payload*: the bits and the sign by which a NaN can be told from another. Infinities and
-0.0 give what the definition states, and nothing warns under `np.errstate(all="raise")`, unless it is listed as not
reached.

A truth too small for the type is rounded to a zero of its sign. Zeros of the other sign, which compare equal:
"""


OTHERS = """
## What others give

The float32 values of libraries as their users would write them, those of `rectifier bench`, on every {stride}th of all
numbers. *Away*: as above, where 1 is the most that Rectifier allows itself. (JAX takes subnormal numbers for zeros.)
"""


def write(results: list[Result], reduced: list[Result]) -> None:
    """Write the page."""
    names = list(dict.fromkeys(result["name"] for result in results))
    PAGE.write_text(
        "\n".join(
            [*page(results, reduced), *OTHERS.format(stride=f"{others.STRIDE:,}").splitlines(), *others.table(names)]
        )
        + "\n"
    )


def page(results: list[Result], reduced: list[Result]) -> Iterator[str]:
    """The lines of the page."""
    dates = sorted({result["date"] for result in results})
    yield INTRODUCTION.format(
        count=max(result["float32"]["count"] for result in results),
        doubles=min(result["float64"]["count"] for result in results) // 10**6 * 10**6,
        machine=f"{processor()} ({platform.system()} {platform.machine()})",
        isa=results[0]["isa"],
        dates=" to ".join(dict.fromkeys([dates[0], dates[-1]])),
    )
    yield "## Not reached\n"
    missed = [line for result in [*results, *reduced] for line in misses(result)]
    yield from missed or ["Nothing: all of the above and below holds."]
    for kind in BOUND:
        yield f"\n## {kind}\n"
        yield from distances(results, kind)
    yield "\n## Every float16 and bfloat16, and what else holds\n"
    yield from facts(results)
    if reduced:
        yield "\n## The other instruction sets\n"
        yield f"A sample of {reduced[0]['float32']['count']:,} float32 and {reduced[0]['float64']['count']:,} float64"
        yield "numbers of each function, and every float16 and bfloat16.\n"
        yield from other_sets(reduced)


def distances(results: Iterable[Result], kind: str) -> Iterator[str]:
    """A row for each function."""
    yield "| function | away | correctly rounded | more than 0.75 ulp | more than 1 ulp | error | at |"
    yield "|---|---|---|---|---|---|---|"
    for result in results:
        of = result[kind]
        row = [called(result), of["distance"], share(of), f"{of['over_75']:,}", f"{of['over_100']:,}"]
        row += [f"{of['error']:.4f}", f"{of['error_x']:.9g}"] if of["wrong"] else ["≤ 0.5", ""]
        yield "| " + " | ".join(map(str, row)) + " |"


def facts(results: list[Result]) -> Iterator[str]:
    """A row for each function: what holds beside the distances."""
    yield "| function | float16 wrong | bfloat16 wrong | monotone | in range | symmetry | NaN stays | its payload too |"
    yield "|---|---|---|---|---|---|---|---|"
    for result in results:
        of = result["float32"]
        row = [
            called(result),
            result["float16"]["wrong"],
            result["bfloat16"]["wrong"],
            answer(of.get("falls")),
            answer(of.get("outside")),
            f"{result['symmetry']}: {answer(of['asymmetric'])}" if result["symmetry"] else "",
            answer(of["nans_lost"] + result["float64"]["nans_lost"]),
            answer(of["nans_changed"]),
        ]
        yield "| " + " | ".join(map(str, row)) + " |"
    yield ""
    yield FOOTNOTE
    signs = list(_zero_signs(results))
    yield from signs or ["- none"]


def _zero_signs(results: list[Result]) -> Iterator[str]:
    for kind in BOUND:
        for result in results:
            of = result[kind]
            if of["zero_signs"]:
                yield f"- {called(result)}, {kind}: {of['zero_signs']:,} zeros, as for {of['zero_x']!r}"


def other_sets(results: Iterable[Result]) -> Iterator[str]:
    """A row for each function and instruction set."""
    yield "| function | instruction set | float32 away | correctly rounded | float64 away | correctly rounded |"
    yield "|---|---|---|---|---|---|"
    for result in results:
        of = [part for kind in BOUND for part in (result[kind]["distance"], share(result[kind]))]
        yield "| " + " | ".join(map(str, [called(result), result["isa"], *of])) + " |"


def misses(result: Result) -> Iterator[str]:
    """What is not reached, each as a line with an input for which it is not."""
    name = f"- {called(result)} ({result['isa']})"
    for kind, bound in BOUND.items():
        of = result[kind]
        if of["beyond"]:
            yield (
                f"{name}, {kind}: {of['beyond']:,} results more than {bound} away, up to {of['distance']:,}: for "
                f"{of['distance_x']!r} got {of['distance_got']!r}, wanted {of['distance_wanted']!r}"
            )
        if of["nans_lost"]:
            yield f"{name}, {kind}: {of['nans_lost']:,} NaN became numbers"
        yield from (f"{name}, {kind}: {line}" for line in of["edges"])
        yield from (f"{name}, {kind}: warns for {line}" for line in of["warnings"])
    for kind in ("float16", "bfloat16"):
        of = result[kind]
        if of["wrong"]:
            yield (
                f"{name}, {kind}: {of['wrong']} wrong, as for {of['wrong_x']!r}: got {of['wrong_got']!r}, "
                f"wanted {of['wrong_wanted']!r}"
            )
    yield from (f"{name}, float16: {line}" for line in result["float16"]["edges"])
    of = result["float32"]
    if of.get("falls"):
        yield f"{name}: {of['falls']:,} steps down, by up to {of['fall_depth']} numbers, as after {of['fall_x']!r}"
    if of.get("outside"):
        yield f"{name}: {of['outside']:,} results outside the range, as for {of['outside_x']!r}"
    if of.get("asymmetric"):
        yield f"{name}: {of['asymmetric']:,} results break the symmetry ({result['symmetry']})"


def called(result: Result) -> str:
    name: str = result["name"]
    return name if result["what"] == "value" else f"{name}'"


def share(of: Result) -> str:
    """Rounded down: 100% means every one."""
    return f"{(of['count'] - of['wrong']) * 10**6 // of['count'] / 10**4:.4f}%"


def answer(violations: int | None) -> str:
    return "" if violations is None else "yes" if violations == 0 else f"no: {violations:,}"


def processor() -> str:
    """The processor's name, as far as the system tells."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
