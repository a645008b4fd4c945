"""What was said is held against the label as clinic/README.md says."""

from dataclasses import replace
from typing import Any

import pytest
from clinic.cases import Case, cases
from clinic.doctor import Examined, Said
from clinic.score import score
from clinic.table import table

TRUTH: dict[str, Any] = {"as it is": {"start": {"dead": {"a": 0.0}}, "end": {"dead": {"a": 1.0, "b": 0.6, "c": 0.2}}}}


@pytest.fixture
def sick() -> Case:
    return replace(
        next(cases("digits_functional_hot")),
        illness="dying-relu",
        first=frozenset({"dying-relu", "learning-rate-too-high"}),
        also=frozenset({"loss-plateau"}),
        layers=frozenset({"a"}),
    )


@pytest.fixture
def healthy(sick: Case) -> Case:
    none = frozenset[str]()
    return replace(sick, illness=None, first=none, also=none, layers=none, good=frozenset({"sparse-activations"}))


def said(*findings: tuple[str, bool, set[str]]) -> Examined:
    return Examined(
        name="script",
        findings=tuple(
            Said(rule=rule, grave=grave, layers=frozenset(layers), confidence=0.95, cause=None)
            for rule, grave, layers in findings
        ),
        steps=100,
        looked_at=10,
        overhead=0.01,
        failure=None,
    )


def test_the_cause_may_stand_first(sick: Case) -> None:
    result = score(sick, said(("learning-rate-too-high", True, set()), ("dying-relu", True, {"a"})), TRUTH)
    assert (result.found, result.first, result.layers, result.beside) == (True, True, True, ())


def test_a_consequence_may_not_and_what_no_list_has_is_beside(sick: Case) -> None:
    result = score(
        sick, said(("loss-plateau", True, set()), ("overfitting", True, set()), ("dying-relu", True, {"a"})), TRUTH
    )
    assert (result.found, result.first, result.beside) == (True, False, ("overfitting",))


@pytest.mark.parametrize(("named", "right"), [({"a"}, True), ({"a", "b"}, True), ({"a", "c"}, False), ({"b"}, False)])
def test_layers_measured_as_half_dead_may_be_named_too(sick: Case, named: set[str], right: bool) -> None:
    assert score(sick, said(("dying-relu", True, named)), TRUTH).layers is right


def test_information_is_no_finding(sick: Case, healthy: Case) -> None:
    assert not score(sick, said(("dying-relu", False, {"a"})), TRUTH).found
    assert score(healthy, said(("sparse-activations", False, set())), TRUTH).alarms == ()
    assert score(healthy, said(("sparse-activations", False, set())), TRUTH).told is True
    assert score(healthy, said(), TRUTH).told is False


def test_the_table_counts_them(sick: Case, healthy: Case) -> None:
    shown = table(
        [
            score(sick, said(("learning-rate-too-high", True, set()), ("dying-relu", True, {"c"})), TRUTH),
            score(sick, said(), TRUTH),
            score(healthy, said(("overfitting", True, set())), TRUTH),
        ]
    )
    assert "| sick scripts whose illness is among the findings | 1 | 2 |" in shown
    assert "| healthy scripts without error or warning | 0 | 1 |" in shown
    assert "| `dying-relu` | 2 | 1 | 1 | 1 | 0 of 1 | 0 | 0 |" in shown
    assert "| `overfitting` | 0 | 0 | 0 | 0 | 0 of 0 | 1 | 0 |" in shown
    assert "| 0.9 to 1 | 3 | 2 | 67% |" in shown
