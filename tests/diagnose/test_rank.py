"""The order of findings: causes first, as far as looks can tell what came first."""

import pytest

from rectifier.diagnose.diagnosis import rank
from rectifier.diagnose.finding import Finding


def finding(rule: str, step: int | None) -> Finding:
    return Finding(rule=rule, severity="error", confidence=0.9, step=step, explanation="")


@pytest.mark.parametrize(
    ("high", "died", "looked", "first"),
    [
        (100, 108, (), "learning-rate-too-high"),
        (108, 108, (), "learning-rate-too-high"),
        (120, 108, (), "dying-relu"),
        # First seen at the look of step 120, there since that of step 96 perhaps: before the units were seen dead.
        (120, 108, (84, 96, 120), "learning-rate-too-high"),
        # At the look of step 108, when they were seen dead, the updates were not yet large.
        (120, 108, (84, 96, 108, 120), "dying-relu"),
        (None, 108, (), "learning-rate-too-high"),
        (1, 0, (), "dying-relu"),
    ],
)
def test_a_cause_comes_before_its_effect(high: int | None, died: int, looked: tuple[int, ...], first: str) -> None:
    found = rank([finding("dying-relu", died), finding("learning-rate-too-high", high)], looked)
    assert found[0].rule == first
    assert found[1].caused_by == (first if first == "learning-rate-too-high" else None)
