"""Timings are taken in turn, as many as were asked for. Nothing here depends on how long anything takes."""

import gc
from collections import Counter

import pytest

from rectifier.bench import measure as module
from rectifier.bench.measure import Loop, Timing, estimate, measure, repeat


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.0)


def pretending(seconds: float, log: list[str], name: str) -> Loop:
    """A contestant that says how long a call took."""

    def loop(calls: int) -> float:
        log.append(name)
        assert not gc.isenabled() or "measuring" not in log
        return calls * seconds

    return loop


def test_the_quick_are_timed_for_long_and_the_slow_seldom() -> None:
    log: list[str] = []
    timings = measure(
        {name: pretending(t, log, name) for name, t in (("quick", 1e-6), ("slow", 30e-3), ("slowest", 1.0))},
        rounds=7,
        seconds=0.05,
    )
    assert timings["quick"].calls == pytest.approx(1000, abs=1)
    assert timings["quick"].rounds == pytest.approx(50, abs=1)
    assert (timings["slow"].rounds, timings["slow"].calls) == (7, 1)
    assert timings["slowest"].rounds == 3
    assert timings["slow"].median == pytest.approx(30e-3)
    assert gc.isenabled()


def test_all_take_turns() -> None:
    log: list[str] = []
    measure({name: pretending(20e-3, log, name) for name in "abc"}, rounds=30, seconds=0)
    rounds = ["".join(log[i : i + 3]) for i in range(3, len(log), 3)]  # after one estimate each
    assert len(rounds) == 30
    assert all(sorted(order) == ["a", "b", "c"] for order in rounds)
    assert len(Counter(rounds)) > 3


def test_median_and_quartiles() -> None:
    times = iter([9.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    (timing,) = measure({"one": lambda calls: next(times)}, rounds=5, seconds=0).values()
    # three timings of five seconds and more are enough
    assert (timing.low, timing.median, timing.high) == (1.5, 2.0, 2.5)
    assert timing.spread == 0.25


def test_one_round_has_no_spread() -> None:
    (timing,) = measure({"one": lambda calls: 20e-3 * calls}, rounds=1, seconds=0).values()
    assert timing == Timing(median=20e-3, low=20e-3, high=20e-3, rounds=1, calls=1)


def test_repeat_calls_so_often() -> None:
    calls: list[int] = []
    assert repeat(lambda: calls.append(1))(5) > 0
    assert len(calls) == 5
    assert estimate(lambda count: 1e-6 * count) == pytest.approx(1e-6)
