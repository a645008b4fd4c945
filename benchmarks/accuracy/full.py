"""The whole proof of one function: every float32, float16 and bfloat16 number, 10^8 float64 numbers, all properties.

A result is kept as JSON under build/, with a fingerprint of the sources it holds for; what is there already is not
done again.
"""

import hashlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from typing import Any

import numpy as np

from benchmarks.accuracy import inputs, properties, small
from benchmarks.accuracy.measure import CHUNK, Measured
from benchmarks.accuracy.reference import BUILD, SOURCES, Array, Tally, What
from rectifier import _native, catalogue

KERNELS = SOURCES.parents[1] / "kernels"
DOUBLES = 100_000_000
STRIDE, REACH = 256, 4096  # of the reduced run, for the instruction sets that are not the best; as for --quick
REDUCED_DOUBLES = 2**22
BOUND = {"float32": 1, "float64": 2}
"""How many numbers a result may be from the truth rounded, at most."""


def prove(name: str, what: What, jobs: int, reduced: bool) -> dict[str, Any]:
    """The result for a function: the one that is kept, or a new one."""
    kept = BUILD / "results" / _native.isa / f"{name}-{what}{'-reduced' if reduced else ''}.json"
    fingerprint = fingerprint_of(name)
    if kept.exists():
        result: dict[str, Any] = json.loads(kept.read_text())
        if result["fingerprint"] == fingerprint:
            return result
    started = time.perf_counter()
    member = catalogue.get(name)
    single, double = (Measured(name, what, np.dtype(dtype)) for dtype in (np.float32, np.float64))
    result = {
        "name": name,
        "what": what,
        "isa": _native.isa,
        "fingerprint": fingerprint,
        "date": date.today().isoformat(),
        "reduced": reduced,
        "float32": _floats(single, properties.Properties(member, what, single), jobs, reduced),
        "float64": _doubles(double, jobs, REDUCED_DOUBLES if reduced else DOUBLES),
        **{kind: small.every(member, what, kind) for kind in small.SMALL},
        "symmetry": properties.symmetry(single.truth),
    }
    for measured in (single, double, Measured(name, what, np.dtype(np.float16))):
        of_type = result[str(measured.dtype)]
        of_type["edges"] = list(properties.edges(member, measured, what))
        of_type["warnings"] = properties.warnings(measured) if measured.dtype != np.float16 else []
        of_type |= properties.nans(measured) if measured.dtype != np.float16 else {}
    result["seconds"] = round(time.perf_counter() - started, 1)
    kept.parent.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_suffix(".part")
    unfinished.write_text(json.dumps(result, indent=1))
    unfinished.rename(kept)
    return result


Run = Callable[[], tuple[Array, int]]
"""Makes inputs in order, and says how many at the end begin the next run: the step between them counts too."""


def runs(measured: Measured, reduced: bool) -> Iterator[Run]:
    """All float32 numbers, or some and the neighbourhoods of landmarks."""
    if reduced:
        marks = inputs.landmarks(measured.truth, measured.dtype)
        for x in (inputs.strided(STRIDE), inputs.neighbourhoods(marks, REACH, measured.dtype)):
            for first in range(0, x.size, CHUNK):
                yield partial(_overlapping, x[first : first + CHUNK + 1])
    else:
        for first in range(0, inputs.COUNT, CHUNK):
            yield partial(_every, first)


def _every(first: int) -> tuple[Array, int]:
    return _overlapping(inputs.every(first, CHUNK + 1))


def _overlapping(x: Array) -> tuple[Array, int]:
    return x, int(x.size > CHUNK)


def _floats(measured: Measured, checks: properties.Properties, jobs: int, reduced: bool) -> dict[str, Any]:
    total, found = Tally(), dict[str, Any]()

    def one(run: Run) -> tuple[Tally, dict[str, Any]]:
        x, overlap = run()
        y = measured(x)
        own = slice(0, x.size - overlap)
        return measured.truth.measure(x[own], y[own], BOUND["float32"]), checks.check(x, y, overlap)

    with ThreadPoolExecutor(jobs) as pool:
        for k, (tally, violations) in enumerate(pool.map(one, runs(measured, reduced))):
            total.add(tally)
            properties.merge(found, violations)
            if k % 64 == 0:
                _progress(measured, total.count / inputs.COUNT)
    return total.as_dict() | found


def _doubles(measured: Measured, jobs: int, count: int) -> dict[str, Any]:
    total = Tally()
    marks = inputs.landmarks(measured.truth, measured.dtype)

    def one(k: int) -> Tally:
        x = inputs.doubles((1, k), CHUNK, marks) if k else inputs.neighbourhoods(marks, REACH, measured.dtype)
        return measured.measure(x, BOUND["float64"])

    with ThreadPoolExecutor(jobs) as pool:
        for k, tally in enumerate(pool.map(one, range(1 + -(-count // CHUNK)))):
            total.add(tally)
            if k % 8 == 0:
                _progress(measured, k * CHUNK / count)
    return total.as_dict()


def fingerprint_of(name: str) -> str:
    """Of all a result depends on: the kernel's sources but for comments, the compiler's options, this benchmark."""
    shared = [KERNELS / "variant.cpp", KERNELS / "loops.hpp"]
    build = KERNELS.parent / "CMakeLists.txt"
    found = {build: "".join(re.findall(r"set\((?:flags_\w+|arithmetic|CMAKE_CXX_STANDARD) .+", build.read_text()))}
    open_ones = [KERNELS / "activations" / f"{name}.hpp", *shared, *SOURCES.glob("*.[ch]pp")]
    open_ones += [SOURCES / f"{module}.py" for module in ("inputs", "measure", "properties", "small")]
    while open_ones:
        path = open_ones.pop()
        if path in found or not path.exists():  # what CMake generates, and the compiler's own headers, are not there
            continue
        found[path] = re.sub(r"//.*", "", path.read_text()) if path.suffix in (".hpp", ".cpp") else path.read_text()
        included = re.findall(r'#include "(.+?)"', found[path])
        open_ones += [folder / header for header in included for folder in (KERNELS, path.parent)]
    text = "".join(f"{path.name}\n{' '.join(found[path].split())}" for path in sorted(found))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _progress(measured: Measured, share: float) -> None:
    line = f"\r{_native.isa} {measured.truth.name} {measured.truth.what} {measured.dtype}: {min(1, share):.0%}   "
    print(line, end="", file=sys.stderr, flush=True)
