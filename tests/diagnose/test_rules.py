"""Every rule on every rule's cases: found where it is, silent where it is not, the cause first."""

from pathlib import Path

import pytest

from rectifier.diagnose import describe
from rectifier.diagnose.rules import rules
from tests.diagnose.cases import CASES


@pytest.mark.parametrize("name", CASES)
def test_every_rule_on_every_case(name: str) -> None:
    truth, train = CASES[name]
    report = train()
    grave = [f for f in report.findings if f.severity != "info"]
    told = "\n".join([str(report), *(f"{f.rule} {f.evidence}" for f in report.findings)])
    assert report.verdict == ("healthy" if truth.first is None else "sick"), told
    assert (grave[0].rule if grave else None) == truth.first, told
    assert {f.rule for f in grave[1:]} <= truth.also, told
    for rule, layers in truth.layers.items():
        found = next(f for f in grave if f.rule == rule)
        assert {w.layer for w in found.where} >= layers, told
    assert {f.rule for f in report.findings if f.severity == "info"} >= truth.noted, told
    assert all(f.caused_by is None for f in grave[:1])
    assert bool([n for n in report.not_judged if n.rule == "watch"]) == truth.hidden, told


def test_every_rule_has_a_sick_and_the_suite_a_healthy_case() -> None:
    firsts = {truth.first for truth, _ in CASES.values()}
    found = {rule for truth, _ in CASES.values() for rule in (truth.first, *truth.layers, *truth.noted)}
    assert found >= set(rules())
    assert None in firsts


def test_every_rule_is_documented() -> None:
    for rule in rules().values():
        title = rule.documentation.splitlines()[0]
        assert ": " in title
        for heading in ("How it is measured", "How to read it", "Traps", "Remedies", "References"):
            assert f"## {heading}" in rule.documentation, rule.slug


def test_the_page_is_up_to_date() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
    assert page == describe.page(), "run: .venv/bin/python -m rectifier.diagnose.describe > docs/rules.md"


def test_every_cause_is_a_rule() -> None:
    for rule in rules().values():
        assert set(rule.follows_from) <= set(rules()) - {rule.slug}
