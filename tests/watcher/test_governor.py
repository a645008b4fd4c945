"""When a look is due is known beforehand, so that it need not be asked at every step."""

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
