"""Which steps to look at, so that looking costs no more than the budget.

A plain calculation: no clock and no torch in here, so that it can be tested with made-up times.
"""

import math

#: Share of the run's time that looking may cost, where nothing else is said. Watching promises 2% of a run of a minute;
#: half of that is what the start, the report and the steps that are not looked at cost (docs/watch_cost.md).
BUDGET = 0.01
#: Looking is allowed to cost this much more, in seconds, whatever the budget (but for 0): the first steps decide most
#: diagnoses, and 60 ms are about 4% of importing torch. Chosen by us.
CREDIT = 0.06
#: Looks per doubling of the step: so many in any case (20 looks in the first hundred steps, 12 more up to a
#: thousand: whatever a look costs, their share of a run falls with its length), so many on credit, and so many
#: where the budget pays for them.
ALWAYS, SPARSE, DENSE = 4, 16, 32
#: Looks are never wanted further apart than this: a unit that dies is noticed within so many steps. So often it is
#: asked, too, whether a look that is due can be paid for by now.
WIDEST = 50
#: How far apart looks are: as many per doubling, and at most so many steps; the closest first.
_WAITS = ((DENSE, WIDEST), (SPARSE, WIDEST), (ALWAYS, math.inf))


class Governor:
    """Decides after each step whether the next one is looked at.

    >>> governor = Governor(budget=0.02)
    >>> governor.next(step=0, elapsed=0.0)  # nothing spent yet
    True
    >>> governor.spent(0.05)                 # one look that cost 50 ms: the credit is used up
    >>> governor.next(step=5, elapsed=1.0)  # four looks per doubling are made in any case
    True
    >>> governor.next(step=6, elapsed=0.5)  # 2% of half a second is 10 ms
    False
    >>> governor.next(step=6, elapsed=5.0)  # 100 ms allowed, 50 spent, another would cost 50
    True
    """

    def __init__(self, budget: float) -> None:
        self.budget = budget  #: share of the elapsed time that looking may cost
        self.cost = 0.0  #: seconds spent so far
        self._expected = 0.0
        self._last = -1

    def spent(self, seconds: float) -> None:
        """Account for one look."""
        self.cost += seconds
        self._expected = seconds if not self._expected else 0.8 * self._expected + 0.2 * seconds

    def running(self, seconds: float) -> None:
        """Account for what watching costs on every step, looked at or not."""
        self.cost += seconds

    def restart(self) -> None:
        """Another training begins, whose steps count from 0 again."""
        self._last = -1

    def next(self, step: int, elapsed: float) -> bool:
        """Whether to look at `step`, `elapsed` seconds after the process (or the watched block) began.

        A budget of 1 looks at every step, one of 0 at the few that are looked at in any case.
        """
        if self.budget >= 1:
            return True
        waited = step - self._last
        dense, sparse, always = (waited >= min(1 + step // share, widest) for share, widest in _WAITS)
        if not dense:
            return False
        afterwards, paid = self.cost + self._expected, self.budget * elapsed
        if always or (self.budget and ((sparse and afterwards <= CREDIT + paid) or afterwards <= paid)):
            self._last = step
            return True
        return False

    def ask(self, step: int) -> int:
        """The first step after `step` at which `next` is to be asked: before it no look is due.

        >>> governor = Governor(budget=0.02)
        >>> governor.next(step=1000, elapsed=1.0), governor.ask(1000)
        (True, 1033)
        """
        if self.budget >= 1:
            return step + 1
        due = [_first(self._last, share, widest) for share, widest in _WAITS]
        # Once a look is due, it may be paid for at any time.
        return due[0] if due[0] > step else min([step + WIDEST, *(first for first in due if first > step)])


def _first(last: int, share: int, widest: float) -> int:
    """The first step that is at least `min(1 + step // share, widest)` after `last`."""
    first = max(last + 1, last * share // (share - 1) - share)
    while first - last < 1 + first // share:
        first += 1
    return int(min(first, last + widest))
