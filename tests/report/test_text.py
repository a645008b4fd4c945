"""The report for a terminal, where `rectifier run` on a script does not show it."""

import pytest

from rectifier.diagnose.finding import Finding, Where
from rectifier.report.model import Report, Summary
from rectifier.report.text import PLACES, plain


def frozen(count: int) -> Report:
    """A report of one finding in so many layers."""
    where = tuple(
        Where(layer=f"blocks.{n}.attention", activation=None, units=0, affected=0, source=None) for n in range(count)
    )
    finding = Finding(
        rule="no-gradient", severity="info", confidence=0.95, step=0, where=where, explanation="They are frozen."
    )
    run = Summary(script="train.py", steps=100, looked_at=20, overhead=0.01, exit_code=0)
    return Report(run=run, verdict="healthy", findings=(finding,), not_judged=())


@pytest.mark.parametrize(
    ("count", "told"), [(1, None), (PLACES, None), (PLACES + 1, "and 1 more"), (80, "and 64 more")]
)
def test_a_long_list_of_places_is_cut_and_counted(count: int, told: str | None) -> None:
    report = frozen(count)
    lines = [line.strip() for line in plain(report).splitlines()]
    assert sum(line.startswith("blocks.") for line in lines) == min(count, PLACES)
    assert [line for line in lines if line.endswith(" more")] == ([] if told is None else [told])
    assert len(report.to_dict()["findings"][0]["where"]) == count
