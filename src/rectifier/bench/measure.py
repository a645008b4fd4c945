"""Contestants timed in turn, so that a busy moment of the machine hits all of them.

In every round all take part in a random order. A timing is of as many calls as fill a millisecond; before it the
contestant is called once untimed, after a pause in which the threads of the one before go to sleep. The slow ones
take part in fewer rounds, spread over all of them: a median of something that is far behind need not be as exact.

Both medians of a ratio are of the same seconds on the same machine. The spread is half the distance of the quartiles,
as a share of the median.
"""

import gc
import itertools
import math
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: Runs something so many times and says how many seconds that took.
Loop = Callable[[int], float]

TICK = 1e-3  # seconds of a timing: 10,000 times what the clock resolves and what starting the loop costs
PAUSE = 2e-3  # longer than the threads of the OpenMP libraries wait for more work by default; chosen by us
MOST = 101  # rounds: a median of so many moves no more

_SLOW = 50e-3  # seconds from which on a call is timed three times: it is far behind, and noise is small beside it
_WARM = 10e-3  # seconds from which on a call need not be warmed up: it is longer than caches and threads remember


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What one contestant took, in seconds per call."""

    median: float
    """The median of all timings."""
    low: float
    """The lower quartile."""
    high: float
    """The upper quartile."""
    rounds: int
    """The number of timings."""
    calls: int
    """The number of calls in each."""

    @property
    def spread(self) -> float:
        """Half the distance of the quartiles, as a share of the median."""
        return (self.high - self.low) / 2 / self.median


def repeat(function: Callable[[], Any]) -> Loop:
    """The loop that calls this function."""

    def loop(calls: int) -> float:
        start = time.perf_counter()
        for _ in itertools.repeat(None, calls):
            function()
        return time.perf_counter() - start

    return loop


def estimate(loop: Loop) -> float:
    """Seconds of a call, roughly: the shortest of a few, where a few cost little. The caller has called it before."""
    first = loop(1)
    if first > _WARM:
        return first
    calls = math.ceil(TICK / 5 / first)
    return min(first, *(loop(calls) / calls for _ in range(3)))


def measure(contestants: Mapping[str, Loop], *, rounds: int, seconds: float) -> dict[str, Timing]:
    """Time them, each at least so many times and at least for so long.

    More than `MOST` timings are never taken, and of what takes a twentieth of a second three are enough.

    >>> timings = measure({"sum": repeat(lambda: sum(range(100)))}, rounds=3, seconds=0)
    >>> timings["sum"].rounds
    3
    """
    calls: dict[str, int] = {}
    wanted: dict[str, int] = {}
    warm: dict[str, bool] = {}
    for name, loop in contestants.items():
        one = estimate(loop)
        calls[name] = max(1, math.ceil(TICK / one))
        least = rounds if one < _SLOW else min(rounds, 3)
        wanted[name] = max(least, min(MOST, math.ceil(seconds / (calls[name] * one))))
        warm[name] = one < _WARM
    total = max(wanted.values(), default=0)
    times: dict[str, list[float]] = {name: [] for name in contestants}
    order = random.Random(0)
    collecting = gc.isenabled()
    gc.disable()
    try:
        for index in range(total):
            taking_part = [n for n in contestants if (index + 1) * wanted[n] // total > index * wanted[n] // total]
            order.shuffle(taking_part)
            for name in taking_part:
                time.sleep(PAUSE)
                if warm[name]:
                    contestants[name](1)
                times[name].append(contestants[name](calls[name]) / calls[name])
    finally:
        if collecting:
            gc.enable()
    return {name: _timing(found, calls[name]) for name, found in times.items()}


def _timing(times: list[float], calls: int) -> Timing:
    low, median, high = statistics.quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3
    return Timing(median=median, low=low, high=high, rounds=len(times), calls=calls)
