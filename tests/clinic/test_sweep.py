"""The sweep: its runs are drawn as it says, measured as it says, and judged by the measurement."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from clinic.sweep.design import EACH, FURTHER, PLAIN, PROVOKE, PROVOKE_FURTHER, SEVERITIES, design, halves
from clinic.sweep.examine import examined, known, said
from clinic.sweep.judged import judge, misjudged
from clinic.sweep.measure import measure
from clinic.sweep.nets import build
from clinic.sweep.setting import Drawn, Setting
from clinic.sweep.table import table
from clinic.sweep.train import task_of, train
from clinic.sweep.truth import truth
from clinic.sweep.twins import plain

from rectifier.diagnose.rules import rules


def test_the_design_is_wide_and_always_the_same() -> None:
    drawn = design()
    assert drawn == design()
    assert len(drawn) >= 600
    counts = Counter((d.provoked, d.severity) for d in drawn)
    more = {rule: sum(FURTHER) * (rule in PROVOKE_FURTHER) for rule in PROVOKE}
    provoked = {(rule, s): sum(EACH) + more[rule] for rule in PROVOKE for s in SEVERITIES}
    assert counts == {(None, 0): sum(PLAIN)} | provoked
    assert set(PROVOKE) == set(rules()) - {"sparse-activations"}
    assert len({d.setting.key() for d in drawn}) == len(drawn)
    a, b = halves()
    assert a | b == {d.number for d in drawn}
    assert not a & b
    assert min(len(a), len(b)) > 300


def test_every_network_can_be_built_and_gives_what_its_task_asks_for() -> None:
    for drawn in design():
        task = task_of(drawn.setting)
        out = build(drawn.setting, task.x.shape[1], task.outputs)(task.x[:2])
        assert out.shape == (2, task.outputs), drawn


SMALL = Setting(task="iris", width=8, steps=30, batch=16)


def test_a_run_is_the_same_every_time_and_quicker_ones_are_like_it() -> None:
    one, two, quick = train(SMALL), train(SMALL), train(SMALL, along=False)
    assert one.losses == two.losses
    assert [step for step, _ in quick.copies] == [0, SMALL.steps]
    assert quick.losses == pytest.approx(one.losses, rel=1e-4)


def test_dead_and_saturated_units_are_measured_on_every_sample() -> None:
    trace = train(SMALL)
    state = trace.copies[-1][1]
    state["0.bias"] = torch.tensor([-100.0] * 6 + [100.0] * 2)
    end = measure(SMALL, trace)["end"]
    assert end["dead"] == {"0": 0.75, "2": end["dead"]["2"]}
    assert end["zeros"]["0"] == 0.75

    bounded = replace(SMALL, activation="tanh")
    trace = train(bounded)
    trace.copies[-1][1]["0.bias"] = torch.tensor([-100.0] * 2 + [0.0] * 6)
    measured = measure(bounded, trace)
    assert measured["end"]["saturated"]["0"] == 0.25
    assert measured["end"]["dead"] == {}


def test_what_was_left_out_does_not_move_and_what_is_frozen_is_named() -> None:
    measured = measure(s := replace(SMALL, forgotten="first"), train(s))
    assert {name for name, moved in measured["moved"].items() if moved == 0} == {"0.weight", "0.bias"}
    measured = measure(s := replace(SMALL, frozen=1), train(s))
    assert measured["frozen"] == ["0.weight", "0.bias"]
    measured = measure(s := replace(SMALL, forgotten="frozen-first"), train(s))
    assert {name for name, moved in measured["moved"].items() if moved == 0} == {"0.weight", "0.bias"}
    assert measured["frozen"] == ["0.weight", "0.bias"]


def test_the_plain_twin_has_nothing_wrong() -> None:
    ill = replace(
        SMALL, bias=-3.0, gain=9.0, head=5.0, scale=7.0, apart=1.0, outlier=9.0, missing=3, forgotten="half", clip=0.1
    )
    assert plain(ill, 1e-3) == replace(SMALL, optimizer="Adam", rate=1e-3)


@pytest.fixture
def harmed() -> dict[str, Any]:
    """A run that has learned nothing, where the plain twin learns; no symptom."""
    state = {"dead": {"0": 0.0}, "saturated": {}, "zeros": {"0": 0.5}, "loss": 1.1, "alike": [], "finite": True,
             "spread": {"0": 1.0, "2": 1.0}, "gradient": {"0.weight": 0.1, "2.weight": 0.1}}  # fmt: skip
    twin = {"score": 1.0, "loss": 0.1, "norm": {"first": 1.0, "largest": 1.0}, "start": state, "saturated": {}}
    steps = SMALL.steps
    return {
        "setting": SMALL.to_dict(),
        "score": 0.3,
        "task": {"trivial": 0.3, "enough": 0.9},
        "run": {
            "start": state, "end": state, "trivial": 1.1, "moved": {"0.weight": 0.05}, "frozen": [], "finite": True,
            "course": [[step, 0.3, 1.6 - 0.5 * step / steps, 1.1] for step in range(steps + 1)],
            "norm": {"first": 1.0, "largest": 1.0},
        },
        "beside": {"plain": twin, "lower": twin | {"score": 0.3}, "higher": twin | {"score": 0.3}},
    }  # fmt: skip


def test_harm_without_symptom_is_undecided_and_a_run_that_learned_is_healthy(harmed: dict[str, Any]) -> None:
    found = truth(harmed)
    assert not found.ill
    assert not found.healthy
    assert truth(harmed | {"score": 0.88, "beside": {}}).healthy


def test_a_frozen_layer_is_an_illness_if_the_run_learns_once_it_is_thawed(harmed: dict[str, Any]) -> None:
    held = harmed | {"setting": SMALL.to_dict() | {"forgotten": "frozen-first"}}
    beside = harmed["beside"]
    assert truth(held | {"beside": beside | {"thawed": beside["plain"]}}).ill == {"no-gradient"}
    assert not truth(held | {"beside": beside | {"thawed": beside["plain"] | {"score": 0.3}}}).ill
    assert truth(held | {"score": 0.88, "beside": {}}).healthy


def test_every_symptom_makes_its_illness(harmed: dict[str, Any]) -> None:
    run, beside = harmed["run"], harmed["beside"]
    start, end, course = run["start"], run["end"], run["course"]
    good = beside["plain"]

    def changed(**changes: Any) -> dict[str, Any]:
        return harmed | {"run": run | changes}

    cases = {
        "dying-relu": changed(end=end | {"dead": {"0": 0.95}}),
        "born-dead-relu": changed(start=start | {"dead": {"0": 1.0}}, end=end | {"dead": {"0": 1.0}}),
        "vanishing-gradient": changed(start=start | {"gradient": {"0.weight": 1e-6, "2.weight": 0.1}}),
        "exploding-gradient": changed(norm={"first": 1.0, "largest": 500.0}),
        "learning-rate-too-high": harmed | {"beside": beside | {"lower": good}},
        "learning-rate-too-low": harmed | {"beside": beside | {"higher": good}},
        "poor-initialization": harmed
        | {"run": run | {"start": start | {"loss": 50.0}}, "beside": beside | {"initialised": good}},
        "saturated-activation": changed(end=end | {"saturated": {"0": 0.6}}),
        "loss-plateau": changed(course=[[step, 0.3, 1.1, 1.1] for step, *_ in course]),
        "non-finite": changed(finite=False),
        "overfitting": changed(course=[[t, 0.3, 1 - t / 31, abs(t - 9) + 1.0] for t, *_ in course])
        | {"setting": SMALL.to_dict() | {"evaluates": 1}},
        "no-gradient": changed(moved={"0.weight": 0.0}) | {"setting": SMALL.to_dict() | {"forgotten": "first"}},
    }
    assert set(cases) == set(PROVOKE)
    for illness, result in cases.items():
        assert truth(result).ill == {illness}, illness


def test_a_run_is_watched_measured_kept_and_judged(tmp_path: Path) -> None:
    ill = replace(SMALL, missing=3)
    runs = []
    for drawn in (
        Drawn(number=0, setting=ill, provoked="non-finite", severity=2),
        Drawn(number=1, setting=replace(SMALL, steps=300, rate=0.01, batch=32), provoked=None, severity=0),
    ):
        result = examined(drawn, tmp_path)
        assert known(drawn, tmp_path)
        before = sorted((f.name, f.stat().st_mtime_ns) for f in tmp_path.glob("*.json"))
        assert examined(drawn, tmp_path) == json.loads(json.dumps(result))
        assert before == sorted((f.name, f.stat().st_mtime_ns) for f in tmp_path.glob("*.json"))
        runs.append(judge(drawn, result, said(result, tmp_path)))
    sick, healthy = runs
    assert (sick.state, "non-finite" in sick.truth.ill, sick.findings[0].rule) == ("ill", True, "non-finite")
    assert (healthy.state, healthy.findings) == ("healthy", ())
    unsaid = replace(sick, findings=())
    alarm = replace(healthy, findings=sick.findings)
    assert list(misjudged([sick, healthy, unsaid, alarm])) == [unsaid, alarm]
    page = table([sick], [healthy, unsaid, alarm])
    assert "| `non-finite` | B | 1 | 0 | 1 | 0 | 1 | 0 | 0 |" in page
    assert "| of these called sick | 0 of 0 | 1 of 2: 50.0%" in page
