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
#: And the looks that are made in any case may cost this share of the time so far beyond the credit; if they cost more,
#: only the fewest are made. Chosen by us: five times the budget, while a run begins.
EARLY = 0.05
#: Looks per doubling of the step: so many in any case where a look costs much, so many where it does not (20 looks in
#: the first hundred steps, 12 more up to a thousand: whatever a look costs, their share of a run falls with its
#: length), so many on credit, and so many where the budget pays for them.
FEWEST, ALWAYS, SPARSE, DENSE = 2, 4, 16, 32
#: The first steps that are looked at whatever it costs.
FIRST = 3
#: Looks are never wanted further apart than this: a unit that dies is noticed within so many steps. So often it is
#: asked, too, whether a look that is due can be paid for by now.
WIDEST = 50
#: And never are they further apart than so many steps, or this share of all steps so far: what a report says of the end
#: of a run was seen there.
FARTHEST, LAST = 500, 20


class Governor:
    """Decides after each step whether the next one is looked at.

    Steps are counted over the whole process, whatever trainings follow each other in it.

    >>> governor = Governor(budget=0.02)
    >>> governor.next(step=0, elapsed=0.0)  # nothing spent yet
    True
    >>> governor.spent(0.05)                 # one look that cost 50 ms: the credit is used up
    >>> governor.next(step=5, elapsed=1.0)  # a few looks per doubling are made in any case
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
        self._called = 0  # the last step that was looked at because something jumped
        self._began = 0  # the step with which the training that runs has begun
        self._afresh = 0  # and the one from which on looks are made in any case as at the start of a run

    def spent(self, seconds: float) -> None:
        """Account for one look."""
        self.cost += seconds
        self._expected = seconds if not self._expected else 0.8 * self._expected + 0.2 * seconds

    def running(self, seconds: float) -> None:
        """Account for what watching costs on every step, looked at or not."""
        self.cost += seconds

    def restart(self, step: int) -> None:
        """Another training begins with this step.

        It is looked at as the first one was if the steps have doubled since one was. Else, as with a copy of a network
        for each of a thousand tasks, its looks are fewer, and only those that the budget pays for are made.
        """
        self._began = step
        if step >= 2 * self._afresh:
            self._afresh = step

    def next(self, step: int, elapsed: float) -> bool:
        """Whether to look at `step`, `elapsed` seconds after the process (or the watched block) began.

        A budget of 1 looks at every step, one of 0 at the few that are looked at in any case.
        """
        if self.budget >= 1:
            return True
        dense, sparse, always, fewest = (step >= due for due in self._due())
        afterwards, paid = self.cost + self._expected, self.budget * elapsed
        if (
            fewest
            or (always and afterwards <= CREDIT + EARLY * elapsed)
            or (sparse and self.budget and afterwards <= CREDIT + paid)
            or (dense and self.budget and afterwards <= paid)
        ):
            self._last = step
            return True
        return False

    def call(self, step: int, elapsed: float) -> bool:
        """Whether to look at `step`, as something that every step shows has jumped: if the budget or the credit pays
        for it, and in any case once for each doubling of the step."""
        afterwards = self.cost + self._expected
        if step < 2 * self._called and (not self.budget or afterwards > CREDIT + self.budget * elapsed):
            return False
        self._called = max(step, 1)
        return True

    def ask(self, step: int) -> int:
        """The first step after `step` at which `next` is to be asked: before it no look is due.

        >>> governor = Governor(budget=0.02)
        >>> governor.next(step=1000, elapsed=1.0), governor.ask(1000)
        (True, 1033)
        """
        if self.budget >= 1:
            return step + 1
        due = self._due()
        # Once a look is due, it may be paid for at any time.
        soon = [step + WIDEST] if min(due) <= step else []
        return min(soon + [first for first in due if first > step])

    def _due(self) -> tuple[int, int, int, int]:
        """The steps from which on a look is due: where the budget pays for it, on credit, where looks cost little, and
        in any case."""
        own, afresh = (DENSE, self._began) if self._began == self._afresh else (FEWEST, 0)
        dense = _first(self._last, self._began, own, WIDEST)
        sparse = _first(self._last, self._began, min(own, SPARSE), WIDEST)
        farthest = max(self._last + FARTHEST, self._last * LAST // (LAST - 1) + 1)
        always = min(_first(self._last, afresh, ALWAYS), farthest)
        fewest = min(_first(self._last, afresh, FEWEST), farthest)
        if self._last + 1 < afresh + FIRST:
            fewest = max(self._last + 1, afresh)
        return dense, sparse, always, fewest


def _first(last: int, began: int, share: int, widest: float = math.inf) -> int:
    """The first step that is at least `min(1 + own // share, widest)` after `last`, where `own` counts steps since
    `began`; what was looked at before that counts as nothing."""
    before = max(last - began, -1)
    own = max(before + 1, before * share // (share - 1) - share)
    while own - before < 1 + own // share:
        own += 1
    return began + int(min(own, before + widest))
