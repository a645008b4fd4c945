"""Every script of the clinic compiles and has a label that means something. Nothing is trained here."""

import ast
import json
import re
from collections import Counter
from typing import Any

import pytest
from clinic.cases import GOOD_NEWS, ILLNESSES, Case, cases
from clinic.claims import ILLNESS, unmet
from clinic.verify import TRUTH

from rectifier.diagnose.rules import rules
from rectifier.treat import remedies

CASES = list(cases())
every = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@every
def test_the_script_and_its_cured_twin_compile(case: Case) -> None:
    for cured in (False, True):
        assert ast.parse(case.source(cured=cured)).body


@every
def test_the_script_does_not_know_who_reads_it(case: Case) -> None:
    text = case.source().lower()
    assert "rectifier" not in text
    assert "clinic" not in text
    assert not [slug for slug in ILLNESSES if re.search(slug.replace("-", "[-_ ]"), text)]


@every
def test_the_label_is_complete(case: Case) -> None:
    assert case.first | case.also | case.good <= set(ILLNESSES)
    assert case.good <= {GOOD_NEWS}
    assert case.truth.learned > case.truth.trivial
    assert len(case.why) > 30
    if case.illness is None:
        assert case.script.parent.name == "healthy"
        assert not case.first | case.also | case.layers
        assert not case.cure
    else:
        assert case.script.parent.name == "sick"
        assert case.illness in ILLNESS
        assert case.source(cured=True) != case.source()


@every
def test_a_remedy_stands_for_each_change_of_the_cure(case: Case) -> None:
    assert set(case.remedy) <= set(remedies.menu())
    assert not case.remedy or len(case.remedy) == len(case.cure)
    for name, (old, new) in zip(case.remedy, case.cure, strict=False):
        if name == "learning-rate":
            assert re.search(r"lr|rate|PEAK|default=", old), "it changes a learning rate"
            assert [re.sub(r"[\d.e-]+", "", text) for text in (old, new)].count(re.sub(r"[\d.e-]+", "", old)) == 2
        if name == "activation":
            assert re.search("Sigmoid|ReLU", old), "it changes an activation"


def test_names_are_unique_and_every_label_has_its_script() -> None:
    assert not [name for name, count in Counter(case.name for case in CASES).items() if count > 1]
    folders = {case.script.parent for case in CASES}
    labels = {label for folder in folders for label in folder.glob("*.toml")}
    assert labels == {case.script.with_suffix(".toml") for case in CASES}


def test_rules_are_named_as_the_contract_names_them() -> None:
    assert set(rules()) <= set(ILLNESSES)
    assert set(ILLNESS) == set(ILLNESSES) - {GOOD_NEWS}


@every
def test_the_measured_truth_bears_out_the_label(case: Case) -> None:
    truth: dict[str, Any] = json.loads(TRUTH.read_text())[case.name]
    assert not unmet(case, truth["as it is"], truth.get("cured"))


@pytest.mark.parametrize("illness", ILLNESS)
def test_a_run_without_the_illness_does_not_bear_out_its_label(illness: str) -> None:
    """The healthy twin, given as the sick run, is refused for every script of every illness."""
    truth: dict[str, Any] = json.loads(TRUTH.read_text())
    mine = [case for case in CASES if case.illness == illness]
    assert len(mine) >= 3
    for case in mine:
        cured = truth[case.name]["cured"]
        assert list(ILLNESS[illness](case, cured, cured)), case.name
