"""A small benchmark from end to end: the records, the JSON, the tables, the page, the goals."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from rectifier import catalogue
from rectifier.bench import run as runner
from rectifier.bench.goals import goals
from rectifier.bench.markdown import page
from rectifier.bench.peers import Peer, Ways, chosen
from rectifier.bench.plan import QUICK, full
from rectifier.bench.results import SCHEMA, Results
from rectifier.bench.text import render

TIMING = {"median", "low", "high", "rounds", "calls"}
PLAN = replace(
    QUICK,
    names=("relu", "elu", "softmax"),
    sizes=(2048,),
    dtypes=("float32", "float64"),
    whats=("value", "value_and_derivative"),
    peers=chosen(["numpy_usual"]),
    rounds=1,
    seconds=0.0,
    layouts=True,
)


@pytest.fixture(scope="module")
def results() -> Results:
    patch = pytest.MonkeyPatch()
    patch.setattr(runner, "LAYOUT_SIZES", (2048,))
    found = runner.begin(PLAN)
    shares = [share for share, _ in runner.run(PLAN, found)]
    patch.undo()
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] < 1
    return found


def shown(results: Results) -> str:
    console = Console(width=140)
    with console.capture() as captured:
        console.print(render(results))
    return captured.get()


def test_every_cell_is_there(results: Results) -> None:
    cells = {(c.member, c.what, c.dtype, c.mode) for c in results.cells}
    both = {
        (name, what, dtype, mode)
        for name in ("relu", "elu")
        for what in PLAN.whats
        for dtype in PLAN.dtypes
        for mode in PLAN.modes
    }
    assert cells == both | {("softmax", "value", dtype, mode) for dtype in PLAN.dtypes for mode in PLAN.modes}
    assert len(results.cells) == len(cells)
    assert len(results.layouts) == 2 * 2 * 4  # elementwise members, types, layouts
    assert len(results.small) == 3 * 2
    assert {cell.bytes for cell in results.cells if cell.dtype == "float32"} == {2048 * 4 * 2, 2048 * 4 * 3}


def test_the_json(results: Results, tmp_path: Path) -> None:
    results.save(tmp_path / "bench.json")
    found = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert found["schema"] == SCHEMA == 1
    assert set(found) == {
        "schema", "machine", "titles", "rounds", "seconds", "took", "cells", "layouts", "small", "not_compared",
    }  # fmt: skip
    assert {"date", "processor", "cores", "threads", "isa", "built_isas", "supported_isas", "versions"} <= set(
        found["machine"]
    )
    cell, record = found["cells"][0], results.cells[0]
    assert set(cell) == {
        "member", "what", "dtype", "elements", "mode", "bytes", "ours", "copy", "peers",
        "ns_per_element", "gb_per_second", "copy_share",
    }  # fmt: skip
    assert set(cell["ours"]) == set(cell["copy"]) == TIMING
    assert set(cell["peers"]["numpy_usual"]) == TIMING | {"ratio"}
    assert cell["peers"]["numpy_usual"]["ratio"] == pytest.approx(
        cell["ours"]["median"] / cell["peers"]["numpy_usual"]["median"]
    )
    assert cell["ns_per_element"] == pytest.approx(record.ours.median / 2048 * 1e9)
    assert cell["gb_per_second"] == pytest.approx(record.bytes / record.ours.median / 1e9)
    assert cell["copy_share"] == pytest.approx(record.copy.median / record.ours.median)
    assert found["layouts"][0]["ratio"] > 0
    assert found["small"][0]["ratio"] > 0


def test_the_tables(results: Results) -> None:
    text = shown(results)
    for word in ("ns/elem", "GB/s", "of copy", "NumPy", "16 elements", "every second", results.machine.isa):
        assert word in text
    for name in PLAN.names:
        assert name in text


def test_the_page_has_a_row_for_every_cell(results: Results) -> None:
    text = page(results, "rectifier bench")
    assert results.machine.date in text
    assert results.machine.processor in text
    grid = text[text.index("## Value") : text.index("## Input that is not contiguous")]
    rows = [line for line in grid.splitlines() if line.startswith(("| relu", "| elu", "| softmax"))]
    assert len(rows) == len(results.cells)
    for table in text.split("\n\n"):
        lines = [line for line in table.splitlines() if line.startswith("|")]
        assert len({line.replace("\\|", "").count("|") for line in lines}) <= 1, table
    assert "<" not in text.replace("<br>", "")


def test_goals_are_counted(results: Results) -> None:
    found = {goal.text: goal for goal in goals(results)}
    peers = next(goal for text, goal in found.items() if text.startswith("No peer is faster"))
    assert peers.cases == sum(len(cell.peers) for cell in results.cells)
    assert peers.reached + len(peers.missed) == peers.cases
    assert len(peers.missed) == len(results.slower)
    assert all("2^24" not in text for text in found)  # nothing is said about what was not run


def test_a_peer_that_breaks_or_lies_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def ways(peer: Peer, case: object) -> Ways:
        if peer.name == "numpy_usual":
            raise RuntimeError("broken\nin many lines")
        return Ways(new=(lambda: 3.0,))

    plan = replace(PLAN, names=("relu",), whats=("value",), layouts=False, small=False, dtypes=("float32",))
    plan = replace(plan, peers=chosen(["numpy_usual", "scipy_special"]))
    monkeypatch.setattr(Peer, "ways", ways)
    found = runner.begin(plan)
    list(runner.run(plan, found))
    assert [cell.peers for cell in found.cells] == [{}, {}]
    because = {entry.peer: entry.because for entry in found.not_compared}
    assert because["numpy_usual"] == "it failed: RuntimeError: broken"
    assert "it gives float64" in because["scipy_special"]
    assert "RuntimeError: broken" in shown(found)
    assert "RuntimeError: broken" in page(found, "rectifier bench")


def test_the_full_plan_is_everything() -> None:
    plan = full()
    assert plan.names == catalogue.names()
    assert plan.sizes == (4096, 65536, 1 << 20, 1 << 24)
    assert {peer.name for peer in plan.taking_part()} == {peer.name for peer in chosen(["all"])}
