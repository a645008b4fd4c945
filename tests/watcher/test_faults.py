"""A broken part, a full disk, SIGKILL, a script that treads on the watcher: training does not notice, the report says
what was lost. The short form of `make faults`."""

import pytest
from benchmarks.faults import Fault, faults, run

SHORT = (
    "ActivityProbe.after", "Watcher._finish_look", "Criteria.finish_passes", "files: create", "disk is full",
    "stays locked", "SIGKILL right after", "hooks while it trains", "replaces torch.autograd.backward",
    "forks children that train",
)  # fmt: skip


def test_the_names_are_those_of_faults() -> None:
    names = [fault.name for fault in faults()]
    assert len(names) > 50
    assert all(any(text in name for name in names) for text in SHORT)


@pytest.mark.parametrize(
    "fault", [f for f in faults() if any(text in f.name for text in SHORT)], ids=lambda fault: fault.name
)
def test_training_does_not_notice(fault: Fault) -> None:
    outcome = run(fault)
    assert outcome.same, outcome.difference
    assert outcome.honest, outcome.told
