"""What must hold of results beside being near the truth: order, range, symmetry, NaN, infinities, zeros, warnings."""

from collections.abc import Iterator
from math import inf
from typing import Any, Literal

import numpy as np

from benchmarks.accuracy import inputs
from benchmarks.accuracy.measure import Measured
from benchmarks.accuracy.reference import Array, Function, What, falls
from rectifier.catalogue import Activation

Symmetry = Literal["odd", "even", "complement", None]

ULP_BELOW_ONE = 2.0**-24
"""The distance of float32 numbers in [1/2, 1): the unit in which a complement's error is counted."""


def symmetry(function: Function) -> Symmetry:
    """f(-x) = -f(x), f(x) or 1 - f(x): what the truth shows at some numbers, here and there."""
    x = np.array([0.0625, 0.3, 0.75, 1.5, 2.9, 5.0, 7.3, 20.0])
    pairs = list(zip(function.exactly(x), function.exactly(-x), strict=True))
    close = 2.0**-100  # what the widest type may be off by
    if all(there == -here for here, there in pairs):
        return "odd"
    if all(there == here for here, there in pairs):
        return "even"
    if all(abs(here + there - 1) < close for here, there in pairs):
        return "complement"
    return None


class Properties:
    """Counts of what is violated by float32 results, fed with runs of inputs in order."""

    def __init__(self, member: Activation, what: What, measured: Measured) -> None:
        facts = member.facts(*member.defaults)
        self.measured = measured
        self.is_value = what == "value"
        self.increasing = self.is_value and facts.monotonicity in ("strictly increasing", "non-decreasing")
        low, high = (facts.range.low, facts.range.high) if self.is_value else (-inf, inf)
        # A bound that is no float32 number is rounded, as the values near it are.
        self.low, self.high = np.float32(low), np.float32(high)
        self.symmetry = symmetry(measured.truth)

    def check(self, x: Array, y: Array, overlap: int) -> dict[str, Any]:
        """Check results of numbers in order; the last `overlap` of them are also in the next run."""
        own = slice(0, x.size - overlap)
        found: dict[str, Any] = {}
        if self.increasing:
            count, depth, at = falls(y)
            found["falls"], found["fall_depth"] = count, depth
            if count:
                found["fall_x"] = float(x[at])
        if self.is_value:
            outside = ~((y[own] >= self.low) & (y[own] <= self.high))
            found["outside"] = int(outside.sum())
            if found["outside"]:
                found["outside_x"] = float(x[own][outside][0])
        if self.symmetry and x[own][-1] > 0:
            found |= self._mirrored(x[own], y[own])
        return found

    def _mirrored(self, x: Array, y: Array) -> dict[str, Any]:
        there = self.measured(-x)
        number = x != 0  # zero has two signs; the definition's edges say what -0.0 gives
        if self.symmetry == "complement":
            off = number * np.abs(y.astype(np.float64) + there.astype(np.float64) - 1) / ULP_BELOW_ONE
            return {"asymmetry": float(off.max()), "asymmetric": int((off > 1).sum())}
        mirrored = -there if self.symmetry == "odd" else there
        differ = (y != mirrored) & number  # the sign of a zero may be the definition's choice: hardshrink's is
        return {"asymmetric": int(differ.sum())}


def merge(total: dict[str, Any], found: dict[str, Any]) -> None:
    """Add what a run of inputs showed: counts add up, depths are maxima, an example is as good as another."""
    for key, value in found.items():
        if key in ("fall_depth", "asymmetry"):
            total[key] = max(total.get(key, 0), value)
        elif key.endswith("_x"):
            total[key] = value
        else:
            total[key] = total.get(key, 0) + value


def nans(measured: Measured, stride: int = 1) -> dict[str, int]:
    """NaN inputs: how many give a number, and how many a NaN of another sign or payload (quiet or not)."""
    if measured.dtype == np.float64:
        rng = np.random.default_rng(5)
        payload = rng.integers(1, 2**52, 2**16) | np.int64(0x7FF) << 52
        bits = np.concatenate([payload, payload | np.int64(-(2**63))])
        quiet: np.signedinteger[Any] = np.int64(1) << 51
    else:
        payload = np.arange(0x7F800001, 2**31, stride, dtype=np.int64)
        bits = np.concatenate([payload, payload | 2**31]).astype(np.uint32).view(np.int32)
        quiet = np.int32(1 << 22)
    got = measured(bits.view(measured.dtype))
    return {
        "nans": bits.size,
        "nans_lost": int((got == got).sum()),
        "nans_changed": int(((got.view(bits.dtype) | quiet) != (bits | quiet)).sum()),
    }


def edges(member: Activation, measured: Measured, what: What) -> Iterator[str]:
    """The infinities and -0.0, against what the definition states; a message for each that differs."""
    for edge in member.facts(*member.defaults).edges:
        wanted = measured.dtype.type(edge.value if what == "value" else edge.slope)
        got = measured(np.array([edge.at], measured.dtype))[0]
        if not (got == wanted and np.signbit(got) == np.signbit(wanted)):
            yield f"at {edge.at}: got {got}, the definition says {wanted}"


def warnings(measured: Measured) -> list[str]:
    """The floating point errors that NumPy would warn of; each kind of input at once."""
    info = np.finfo(measured.dtype)
    top = float(info.max)
    kinds = {
        "numbers": np.linspace(-1000, 1000, 10_001),
        "subnormal": float(info.smallest_subnormal) * np.arange(-1000, 1000),
        "huge": np.array([-top, -top / 3, -1e30, 1e30, top / 3, top]),
        "infinite": np.array([-inf, inf]),
        "zeros": np.array([-0.0, 0.0]),
        "NaN": np.array([np.nan, -np.nan]),
        "landmarks": inputs.neighbourhoods(inputs.landmarks(measured.truth, measured.dtype), 64, measured.dtype),
    }
    found = []
    for kind, x in kinds.items():
        converted = x.astype(measured.dtype)
        try:
            with np.errstate(all="raise"):
                measured(converted)
        except FloatingPointError as error:
            found.append(f"{kind}: {error}")
    return found
