"""When a look is due is known beforehand, so that it need not be asked at every step."""

import itertools

import pytest

from rectifier.watcher.governor import Governor


@pytest.mark.parametrize("spent", [0.0, 0.01, 1.0], ids=["paid for", "on credit", "in any case"])
def test_who_asks_only_when_told_misses_no_look(spent: float) -> None:
    every, told = Governor(budget=1e-9), Governor(budget=1e-9)
    every.spent(spent)
    told.spent(spent)
    looks = [step for step in range(5000) if every.next(step, elapsed=0.0)]
    found, step, asked = [], 0, 0
    while step < 5000:
        asked += 1
        if told.next(step, elapsed=0.0):
            found.append(step)
            step += 1  # it is asked after the look
        else:
            step = told.ask(step)
    assert found == looks
    assert asked < 1000


def test_a_look_that_is_due_is_made_soon_after_it_can_be_paid_for() -> None:
    governor = Governor(budget=0.01)
    governor.spent(10.0)
    assert governor.next(1000, elapsed=0.0)
    assert not governor.next(governor.ask(1001), elapsed=0.0)
    assert governor.ask(1100) <= 1150
    assert governor.next(1150, elapsed=3000.0)


def looks(governor: Governor, steps: int, *, seconds: float, cost: float, every: int = 0) -> list[int]:
    """The steps that are looked at, each of which takes so long; every so often a new training begins."""
    found, elapsed = [], 0.0
    for step in range(steps):
        if every and step and step % every == 0:
            governor.restart(step)
        if governor.next(step, elapsed):
            found.append(step)
            governor.spent(cost)
            elapsed += cost
        elapsed += seconds
    return found


@pytest.mark.parametrize("budget", [0.0, 1e-9, 0.01])
def test_the_last_look_lies_near_the_end_wherever_that_is(budget: float) -> None:
    found = looks(Governor(budget), 300_000, seconds=1e-4, cost=0.05)
    for before, after in itertools.pairwise(found):
        assert after - before - 1 <= max(500, after // 20)


def test_expensive_looks_are_few_from_the_start() -> None:
    """A look that takes half of a step: the first steps, then one for each doubling, until the budget pays for more."""
    assert looks(Governor(0.01), 64, seconds=0.4, cost=0.2) == [0, 1, 2, 5, 11, 23, 47]
    cheap = looks(Governor(0.01), 64, seconds=0.4, cost=0.002)
    assert len(cheap) > 30


def test_many_short_trainings_cost_no_more_than_one_long_one() -> None:
    alone = Governor(0.01)
    found = looks(alone, 20_000, seconds=1e-3, cost=2e-3)
    many = Governor(0.01)
    copies = looks(many, 20_000, seconds=1e-3, cost=2e-3, every=10)
    assert many.cost <= 1.2 * alone.cost
    assert len({step // 10 for step in copies}) > len(found) // 3  # and they are spread over the trainings


def test_a_second_phase_is_looked_at_as_a_run_is() -> None:
    governor = Governor(0.0)
    found = looks(governor, 2000, seconds=1e-3, cost=1e-4, every=1000)
    assert [step - 1000 for step in found if step >= 1000] == [step for step in found if step < 1000]
