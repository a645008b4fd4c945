"""`python -m clinic.peers` goes on where it was stopped, and what steps cost is put together."""

from pathlib import Path

from clinic.peers.drive import heard
from clinic.peers.turns import alone_of, cost


def test_what_was_heard_is_known_and_half_a_line_is_not(tmp_path: Path) -> None:
    out = tmp_path / "peer.jsonl"
    assert heard(out) == set()
    out.write_text('{"name": "one", "steps": 3}\n{"name": "two", "st')
    assert heard(out) == {"one"}
    assert out.read_text() == '{"name": "one", "steps": 3}\n'


def test_what_a_step_costs_is_the_median_over_scripts_of_the_median_over_rounds() -> None:
    whole = {"a": [0.9, 1.0, 9.0], "b": [1.2], "c": [1.3, 1.3], "d": [1.4, 1.6], "failed": []}
    rounds = {name: [(ratio, 1.0) for ratio in ratios] for name, ratios in whole.items()}
    assert cost(rounds, late=False) == "1.25 (1.05 to 1.45)"
    assert cost(rounds, late=True) == "1.00 (1.00 to 1.00)"
    assert cost({"a": [(1.0, 1.0)]}, late=False) == ""


def test_what_is_not_driven_is_held_against_the_script_that_is_not_driven() -> None:
    assert [alone_of(name) for name in ("rectifier", "undriven")] == ["undriven", "undriven"]
    assert {alone_of(name) for name in ("nobody", "gradsnitch", "runmedic", "torchdiag", "torchmortem")} == {"nobody"}
