"""What a treatment says is held against the measurement of the changed script, and counted as the table says."""

import json
from dataclasses import replace
from typing import Any

import pytest
from clinic.cases import cases
from clinic.treat import line
from clinic.treat_table import table
from clinic.treatment import Treated
from clinic.verify import TRUTH, claims_unmet

ARM = {"remedy": "learning-rate(0.1)", "cured": True, "gain": 2.2, "interval": [2.1, 2.3], "by": "loss"}


@pytest.fixture
def cured() -> Treated:
    case = next(cases("digits_functional_hot"))
    truth: dict[str, Any] = json.loads(TRUTH.read_text())[case.name]
    return Treated(
        case=case,
        code="abc",
        answer={
            "outcome": "cured", "why": "cured", "arms": [ARM, ARM | {"remedy": "revive(20)", "cured": False}],
            "untreated": {"findings": ["dying-relu"], "loss": 2.3, "eval_loss": None},
            "recommended": {"remedy": "learning-rate(0.1)"}, "cost": {"untreated_runs": 8.0, "seconds": 40.0},
        },
        failure=None,
        before=truth["as it is"],
        after=truth["cured"],
        unmet=tuple(claims_unmet(case, truth["as it is"], truth["cured"])),
    )  # fmt: skip


def test_the_cured_twin_confirms_a_cure_and_the_sick_script_does_not(cured: Treated) -> None:
    assert (cured.found, cured.confirmed) == (True, True)
    assert cured.scores is not None
    assert cured.scores[1] > cured.scores[0]
    still = replace(cured, after=cured.before, unmet=tuple(claims_unmet(cured.case, cured.before, cured.before)))
    assert still.confirmed is False
    assert replace(cured, after=None, unmet=()).confirmed is None


def test_the_table_counts_them(cured: Treated) -> None:
    nothing = replace(
        cured, code="def", after=None, unmet=(),
        answer={**(cured.answer or {}), "outcome": "nothing-helped", "why": "nothing helped", "recommended": None},
    )  # fmt: skip
    healthy = replace(
        nothing,
        case=next(cases("tiny_gpt")),
        answer={**(nothing.answer or {}), "outcome": "nothing-to-cure", "untreated": {"findings": []}},
    )
    alarmed = replace(cured, case=next(cases("tiny_gpt")))
    failed = replace(nothing, answer=None, failure="no end in 3600 s")
    shown = table([cured, nothing, failed, healthy, alarmed], ["tiny_gpt"])
    assert "Not treated this time: tiny_gpt." in shown
    assert "cured | 1 of 3, 33.3% [" in shown
    assert "of these: confirmed | 1 of 1, 100.0% [" in shown
    assert "healthy scripts with a recommendation | 1 of 2, 50.0% [" in shown
    assert "cost of a treatment that cures, in untreated runs | mean 8, median 8, from 8 to 8 (1 scripts)" in shown
    assert "2.2 [2.1, 2.3]" in shown
    assert "- digits_functional_hot: nothing helped." in shown
    assert "- digits_functional_hot: no end in 3600 s" in shown
    assert "2 by abc (" in shown or "3 by def (" in shown
    assert "FAILED no end" in line(failed)
    assert "confirmed" in line(cured)
