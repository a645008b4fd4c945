"""How far other libraries are from the truth, on a sample: what a time beside theirs is worth."""

from collections.abc import Iterator

import numpy as np

from benchmarks.accuracy import inputs
from benchmarks.accuracy.reference import Array, Function, Tally
from rectifier import catalogue
from rectifier.bench.case import Case, as_arrays
from rectifier.bench.peers import Peer, chosen
from rectifier.bench.program import NotWrittenError

STRIDE = 4097  # odd, so that the last bits of the inputs vary


def tallies(name: str) -> Iterator[tuple[Peer, Tally]]:
    """Every installed peer that computes this member, and its float32 values against the truth."""
    member = catalogue.get(name)
    truth = Function(name, "value", [float(np.float32(default)) for default in member.defaults])
    x: Array = inputs.strided(STRIDE)
    for peer in chosen(None):
        case = Case(member=member, what="value", x=x, outs=(np.empty_like(x),), wanted=())
        try:
            ways = peer.ways(case)
        except NotWrittenError:
            continue
        with np.errstate(all="ignore"):
            (result,) = as_arrays(ways.new[0]())
        if result.dtype == x.dtype:
            yield peer, truth.measure(x, np.ascontiguousarray(result))


def table(names: list[str]) -> Iterator[str]:
    """A row for each member and library with a result that is not correctly rounded."""
    yield "| function | library | correctly rounded | more than 1 ulp off | away at most | at |"
    yield "|---|---|---|---|---|---|"
    for name in names:
        for peer, tally in tallies(name):
            if tally.wrong:
                row = [
                    name,
                    f"{peer.title} {peer.version}",
                    f"{(tally.count - tally.wrong) / tally.count:.2%}",
                    f"{tally.over_100 / tally.count:.2%}",
                    f"{tally.distance:,}" if tally.distance < 2**32 else "no number",
                    f"{tally.distance_x:.6g}",
                ]
                yield f"| {' | '.join(row)} |"
