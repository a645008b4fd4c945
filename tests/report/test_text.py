"""The report for a terminal, where `rectifier run` on a script does not show it."""

import re
from dataclasses import replace
from typing import Any

import pytest

from rectifier.diagnose.diagnosis import Verdict
from rectifier.diagnose.finding import Finding, NotJudged, Where
from rectifier.diagnose.rules import rules
from rectifier.report.model import Report, Summary
from rectifier.report.text import PLACES, plain, show


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


def test_no_blanks_at_the_ends_of_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in a file nor in `str(report)`; a terminal is filled with them."""
    show(frozen(3))
    show(frozen(3), stderr=False)
    written = capsys.readouterr()
    assert written.err == written.out
    for text in (written.out, plain(frozen(3))):
        assert "blocks.2.attention\n" in text
        assert not [line for line in text.splitlines() if line != line.rstrip()]


def report_of(verdict: Verdict, *not_judged: str, notes: tuple[str, ...] = (), **run: Any) -> str:
    """The report of a run of which nothing is known but this."""
    values: dict[str, Any] = {
        "script": "train.py",
        "steps": 100,
        "looked_at": 20,
        "overhead": 0.01,
        "exit_code": 0,
    } | run
    summary = Summary(**values)
    entries = tuple(NotJudged(rule=rule, because="of this") for rule in not_judged)
    return " ".join(plain(Report(run=summary, verdict=verdict, findings=(), not_judged=entries, notes=notes)).split())


def test_what_a_clean_bill_of_health_rests_on() -> None:
    assert "Nothing ill was found." in report_of("healthy")
    assert "Nothing ill was found." in report_of("healthy", "watch")
    said = report_of("healthy", "overfitting", "dying-relu")
    assert f"Nothing ill in what could be judged: {len(rules()) - 2} of {len(rules())} rules." in said
    assert "rules, until the script ended." in report_of("healthy", "overfitting", exit_code=1)


@pytest.mark.parametrize(("run", "says"), [
    ({"steps": 1}, "Too little was seen to judge: 1 training step."),
    ({"steps": 3}, "Too little was seen to judge: 3 training steps."),
    ({"steps": 0}, "No training step was seen."),
    ({"steps": 0, "backward_calls": 160}, "No training step was seen: 160 backward calls, no optimizer step."),
    ({"steps": 0, "exit_code": 1}, "The script stopped before its first training step."),
])  # fmt: skip
def test_why_nothing_is_said(run: dict[str, Any], says: str) -> None:
    assert says in report_of("inconclusive", **run)


def test_what_was_not_watched_comes_first() -> None:
    said = report_of("inconclusive", watched=False, unwatched="steps: TypeError: no")
    assert re.match(r"rectifier ─+ Rectifier could not watch this run: steps: TypeError: no inconclusive", said)
    assert "Too little" not in said


def test_what_may_have_trained_unseen_is_said_without_any_step() -> None:
    said = report_of("inconclusive", "watch", "overfitting", steps=0)
    assert "not judged watch: of this" in said
    assert "overfitting" not in said


def test_notes() -> None:
    assert "note torch 9.0 is new" in report_of("healthy", notes=("torch 9.0 is new",))


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (("train.py",), "rectifier treat train.py"),
        (("my train.py", "--lr", "3", "a;b", "--steps=9"), "rectifier treat 'my train.py' --lr 3 'a;b' --steps=9"),
        (("-m", "pack.train", "--data", "x " * 60), f"rectifier treat -m pack.train --data '{'x ' * 60}'"),
    ],
)
def test_the_report_of_a_sick_run_ends_with_what_tries_its_cures(
    command: tuple[str, ...], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a shell takes it, on one line however long it is; where the run itself can be run again."""
    report = frozen(3)
    sick = replace(report, verdict="sick", run=replace(report.run, command=command))
    show(sick, stderr=False)
    for text in (plain(sick), capsys.readouterr().out):
        assert text.endswith(f"\nTo try the cures: {line}\n")
    for healthy in (replace(sick, verdict="healthy"), replace(sick, run=replace(sick.run, command=()))):
        assert "rectifier treat" not in plain(healthy)
