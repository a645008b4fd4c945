"""Runs a plan: every case with everybody who can compute it, then the layouts, then the small arrays.

Before anybody is timed, their result is looked at: whoever disagrees with Rectifier is not compared, and the results
say why. What a peer compiles, it compiles then.
"""

import time
import timeit
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from rectifier import catalogue, ufuncs
from rectifier.bench.case import ROW, Case, Mode, defined
from rectifier.bench.machine import machine
from rectifier.bench.measure import Loop, estimate, measure, repeat
from rectifier.bench.peers import Peer
from rectifier.bench.plan import Plan
from rectifier.bench.program import NotWrittenError
from rectifier.bench.results import Cell, Layout, NotCompared, Results, Small
from rectifier.catalogue import Activation
from rectifier.functions import public

#: Elements of the inputs that are not contiguous: in the cache and beyond it.
LAYOUT_SIZES = (1 << 16, 1 << 20)

#: Elements of a small array.
FEW = 16


def begin(plan: Plan) -> Results:
    """Results without any result yet."""
    titles = {peer.name: peer.title for peer in plan.taking_part()}
    return Results(machine=machine(), titles=titles, rounds=plan.rounds, seconds=plan.seconds)


def run(plan: Plan, results: Results) -> Iterator[tuple[float, str]]:
    """Do one piece after the other into `results`; yields the share that is done and what comes next."""
    started = time.monotonic()
    members = [catalogue.get(name) for name in plan.names]
    pieces: list[tuple[str, Callable[[], None]]] = []
    for member in members:
        for what in plan.whats:
            if defined(member, what):
                pieces += [
                    (f"{member.name} {dtype} {size:,}", partial(_cells, plan, results, member, what, dtype, size))
                    for dtype in plan.dtypes
                    for size in plan.sizes
                ]
    for member in members:
        for dtype in plan.dtypes:
            if plan.layouts and member.kind == "elementwise":
                pieces.append((f"{member.name} {dtype}, layouts", partial(_layouts, plan, results, member, dtype)))
            if plan.small:
                pieces.append((f"{member.name} {dtype}, {FEW}", partial(_small, plan, results, member, dtype)))
    for index, (label, piece) in enumerate(pieces):
        yield index / len(pieces), label
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # peers' own about themselves; nothing a reader of times can act on
            piece()
        results.took = time.monotonic() - started


def _cells(plan: Plan, results: Results, member: Activation, what: Any, dtype: str, size: int) -> None:
    case = Case.of(member, what, dtype, size)
    contestants: dict[str, Loop] = {mode: repeat(case.ours(mode)) for mode in plan.modes}
    half = np.ones(case.bytes // 2 // case.x.itemsize, dtype)
    contestants["copy"] = repeat(partial(np.copyto, np.zeros_like(half), half))
    stand_ins: dict[str, dict[Mode, str]] = {}
    for peer in plan.taking_part():
        try:
            found = _ready(peer, case, plan.modes)
        except NotWrittenError as reason:
            _not_compared(results, peer, case, str(reason))
            continue
        except Exception as error:  # noqa: BLE001  a peer that breaks is left out, whatever broke
            _not_compared(results, peer, case, f"it failed: {type(error).__name__}: {str(error).splitlines()[0]}")
            continue
        contestants |= found
        stand_ins[peer.name] = {
            mode: f"{peer.name} {mode}" if f"{peer.name} {mode}" in found else f"{peer.name} new" for mode in plan.modes
        }
    timings = measure(contestants, rounds=plan.rounds, seconds=plan.seconds)
    for mode in plan.modes:
        results.cells.append(
            Cell(
                member=member.name,
                what=case.what,
                dtype=dtype,
                elements=case.x.size,
                mode=mode,
                bytes=case.bytes,
                ours=timings[mode],
                copy=timings["copy"],
                peers={peer: timings[names[mode]] for peer, names in stand_ins.items()},
            )
        )


def _ready(peer: Peer, case: Case, modes: tuple[Mode, ...]) -> dict[str, Loop]:
    """The quickest of the peer's ways for each mode, compiled and checked."""
    ways = peer.ways(case)
    found = {}
    for mode in ("out", "new"):
        candidates = getattr(ways, mode)
        if not candidates or (mode not in modes and ways.out):
            continue
        loops = []
        for candidate in candidates:
            if problem := case.disagreement(candidate()):
                raise NotWrittenError(problem)
            loops.append(repeat(candidate))
        found[f"{peer.name} {mode}"] = loops[0] if len(loops) == 1 else min(loops, key=estimate)
    return found


def _not_compared(results: Results, peer: Peer, case: Case, because: str) -> None:
    found = NotCompared(peer=peer.name, member=case.member.name, what=case.what, dtype=case.dtype, because=because)
    if found not in results.not_compared:
        results.not_compared.append(found)


def _layouts(plan: Plan, results: Results, member: Activation, dtype: str) -> None:
    function = public(member.name)
    for size in LAYOUT_SIZES:
        x = Case.of(member, "value", dtype, 2 * size).x
        table = x[:size].reshape(-1, ROW)
        inputs = {
            "contiguous": x[:size],
            "every second": x[::2],
            "transposed": np.ascontiguousarray(table.T).T,
            "one row, broadcast": np.broadcast_to(table[0], table.shape),
            "one column, broadcast": np.broadcast_to(table[:, :1], table.shape),
        }
        loops = {
            name: repeat(partial(function, array, out=np.empty(array.shape, dtype))) for name, array in inputs.items()
        }
        timings = measure(loops, rounds=plan.rounds, seconds=plan.seconds)
        contiguous = timings.pop("contiguous")
        for name, timing in timings.items():
            results.layouts.append(
                Layout(member=member.name, dtype=dtype, elements=size, layout=name, ours=timing, contiguous=contiguous)
            )


def _small(plan: Plan, results: Results, member: Activation, dtype: str) -> None:
    x = Case.of(member, "value", dtype, FEW).x.reshape(-1)
    numbers = {p.name: p.default for p in member.parameters}
    bare = member.kind in ("elementwise", "rowwise")
    names = {"x": x, "ours": public(member.name), "maximum": np.maximum, **numbers}
    texts = {"ours": "ours(x)", "maximum": "maximum(x, 0)"}
    if bare:
        names["ufunc"] = ufuncs.value(member.name)
        texts["ufunc"] = f"ufunc({', '.join(['x', *numbers])})"
    # Written out as calls: the cost of a closure is a good part of such a short time.
    timings = measure(
        {name: timeit.Timer(text, globals=names).timeit for name, text in texts.items()},
        rounds=plan.rounds,
        seconds=plan.seconds,
    )
    results.small.append(
        Small(
            member=member.name,
            dtype=dtype,
            elements=x.size,
            ours=timings["ours"],
            ufunc=timings.get("ufunc"),
            maximum=timings["maximum"],
        )
    )
