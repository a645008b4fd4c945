"""Inputs: all float32 numbers in order, the places where a function changes its nature, and float64 numbers of every
kind."""

from collections.abc import Sequence

import numpy as np

from benchmarks.accuracy.reference import Array, Function, numbers

LARGEST = 0x7F7FFFFF
"""The place of float32's largest finite number; zero's is 0, and the negative ones lie below."""

COUNT = 2 * LARGEST + 1
"""How many finite float32 numbers there are, both zeros counted as one."""

_FORMATS = {"f": (24, -149), "d": (53, -1074)}  # bits of precision, exponent of the smallest number


def places(x: Array) -> Array:
    """The place of each number in the order of its type; zero's is 0."""
    bits = np.abs(x).view(np.dtype(f"i{x.itemsize}"))
    return np.where(x < 0, -bits, bits)


def at_places(place: Array, dtype: np.dtype) -> Array:
    """The numbers at these places of float32's or float64's order."""
    integer = np.dtype(f"i{dtype.itemsize}")
    top = int(np.array(np.finfo(dtype).max).view(integer))
    magnitude = np.minimum(np.abs(place), top).astype(integer).view(dtype)
    return np.where(np.asarray(place) < 0, -magnitude, magnitude)


def landmarks(function: Function, dtype: np.dtype) -> Array:
    """The numbers of a type just before which the rounded truth changes its nature: sign, zero, subnormal, infinite,
    constant, equal to the input; where the slope has a root; and where an input is subnormal, one or the largest."""
    precision, lowest = _FORMATS[dtype.char]
    info = np.finfo(dtype)

    def nature(place: Array) -> Array:
        x = at_places(place, dtype).astype(np.float64)
        y = function.rounded(x, precision, lowest, float(info.max))
        after = function.rounded(at_places(place + 1, dtype).astype(np.float64), precision, lowest, float(info.max))
        beside = function.rounded(x + np.abs(x) / 64, precision, lowest, float(info.max))
        size = np.abs(y)
        facts = (y < 0, y == 0, size < info.tiny, np.isinf(y), y == x, y == 1, y == beside, y > 1, after == 0)
        together: Array = np.array([fact.astype(np.int64) << k for k, fact in enumerate(facts)]).sum(axis=0)
        return together

    # A grid of some 64 to the binade in the middle, and 1 to the binade far out, for each sign.
    middle = np.geomspace(2.0**-12, 2.0**11, 64 * 23)
    far = 2.0 ** np.arange(np.log2(float(info.smallest_subnormal)), np.log2(float(info.max)))
    magnitudes = np.unique(np.concatenate([[0.0], middle, far]))
    grid = places(np.concatenate([-magnitudes[::-1], magnitudes]).astype(dtype)).astype(np.int64)
    natures = nature(grid)
    changes = np.flatnonzero(natures[1:] != natures[:-1])
    low, high, before = grid[changes], grid[changes + 1], natures[changes]
    for _ in range(8 * dtype.itemsize):
        middle_place = low + (high - low) // 2
        same = nature(middle_place) == before
        low, high = np.where(same, middle_place, low), np.where(same, high, middle_place)
    known = [0, info.smallest_subnormal, info.tiny, 0.5, 1, 2, 3, 6, info.max]
    common = places(np.array([*known, *(-k for k in known)], dtype)).astype(np.int64)
    return np.unique(np.concatenate([high, common]))


def neighbourhoods(middle: Array, reach: int, dtype: np.dtype) -> Array:
    """All numbers at most `reach` places from one of those."""
    around = (np.asarray(middle)[:, None] + np.arange(-reach, reach + 1)).ravel()
    top = int(np.array(np.finfo(dtype).max).view(f"i{dtype.itemsize}"))
    return at_places(np.unique(around[np.abs(around) <= top]), dtype)


def strided(stride: int) -> Array:
    """Every stride-th float32 number, in order."""
    place = np.arange(-LARGEST, LARGEST + 1, stride, dtype=np.int64)
    return at_places(place, np.dtype(np.float32))


def every(first: int, count: int) -> Array:
    """The float32 numbers from the first-th on, in order."""
    return numbers(first - LARGEST, min(count, COUNT - first))


def doubles(seed: Sequence[int], count: int, around: Array) -> Array:
    """About so many finite float64 numbers of every kind; `around` are the places that deserve care."""
    rng = np.random.default_rng(seed)
    tenth = count // 10
    sign = rng.choice([-1.0, 1.0], 2 * tenth)
    smallest = np.finfo(np.float64).smallest_subnormal
    powers = places(2.0 ** rng.integers(-1074, 1024, tenth))
    offsets = np.sign(rng.uniform(-1, 1, 2 * tenth)) * 2.0 ** rng.uniform(0, 40, 2 * tenth)
    kinds = (
        rng.integers(-(2**63), 2**63, 2 * tenth, dtype=np.int64).view(np.float64),
        rng.uniform(-8, 8, tenth),
        rng.uniform(-50, 50, tenth),
        rng.uniform(-760, 760, tenth // 2),
        rng.normal(size=tenth // 2),
        sign * np.exp2(rng.uniform(-60, 10, 2 * tenth)),
        at_places(rng.choice(around, 2 * tenth) + offsets.astype(np.int64), np.dtype(np.float64)),
        at_places(powers + rng.integers(-8, 9, tenth), np.dtype(np.float64)) * sign[:tenth],
        smallest * rng.integers(-(2**52), 2**52, tenth // 2),
        np.floor(rng.uniform(-1000, 1000, tenth // 2)) / 8,
    )
    x: Array = np.concatenate(kinds)
    return x[np.isfinite(x)]
