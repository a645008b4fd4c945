"""`rectifier runs`, `rectifier clean`, and what `rectifier run` removes: on records that are made here."""

import json
import math
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from rectifier.cli import main
from rectifier.cli._runs import size
from rectifier.record.rows import Step
from rectifier.record.runs import ROOT, Run
from rectifier.record.writer import Writer


def rectifier(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(count: int) -> list[str]:
    """Runs that are over, of which the last has a loss."""
    names = [f"run-{number:02}" for number in range(count)]
    for number, name in enumerate(names):
        (ROOT / name).mkdir(parents=True)
        run = Run(script=f"{number}.py", arguments=("--lr", "3"), started=number, ended=number + 1, verdict="sick")
        run.save(ROOT / name)
    writer = Writer(ROOT / names[-1] / "rank-0.db")
    for step, loss in enumerate((2.0, 0.125)):
        writer.put(Step(step=step, optimizer=0, loss=loss, rate=0.1, seconds=0.1))
    writer.close()
    return names


def test_the_list_of_runs() -> None:
    assert "start one with `rectifier run train.py`" in rectifier("runs").output
    names = make(22)
    Run(script="bare.py", started=30, ended=31).save(ROOT / names[-2])  # without a verdict: it is made now
    Run(script="gone.py", started=40).save(ROOT / names[-3])
    got = rectifier("runs", "--json", "runs.json").output
    lines = got.splitlines()
    assert lines[0].split() == ["run", "when", "script", "verdict", "loss", "size"]
    assert lines[1].split()[0] == names[2]
    assert lines[18].split()[3:6] == ["21.py", "--lr", "3"]
    assert lines[18].split()[6:8] == ["sick", "0.125"]
    assert lines[19].split()[3:5] == ["bare.py", "inconclusive"]
    assert lines[20].split()[3:6] == ["gone.py", "end", "unknown"]
    assert lines[21].startswith("22 runs, ")
    assert lines[21].endswith("; 2 before these (--all)")
    assert all(line == line.rstrip() for line in lines)
    values = json.loads(Path("runs.json").read_text())
    assert [each["name"] for each in values["runs"]] == [*names[2:-3], names[-1], names[-2], names[-3]]
    assert {key: values["runs"][-3][key] for key in ("script", "verdict", "state", "loss")} == {
        "script": "21.py", "verdict": "sick", "state": "ended", "loss": 0.125,
    }  # fmt: skip
    assert len(rectifier("runs", "--all").output.splitlines()) == 24


def test_a_run_that_there_is_not() -> None:
    assert "unknown run 'nosuch': there is none in .rectifier/runs here" in rectifier("report", "nosuch").output
    names = make(40)
    said = rectifier("report", "nosuch").output
    assert f"The last runs are {names[-1]}, {names[-2]}, {names[-3]}; `rectifier runs` lists those in" in said
    assert len(said) < 200
    assert f"did you mean '{names[7]}'?" in rectifier("export", names[7].replace("n", "m")).output


def test_cleaning() -> None:
    names = make(25)
    assert rectifier("clean", "--dry-run").output.startswith("would remove 5 old runs (")
    assert rectifier("clean", "--record-limit", "1GB").output.startswith("removed 0 old runs (0 B)")
    assert rectifier("clean").output.startswith("removed 5 old runs (")
    assert sorted(file.name for file in ROOT.iterdir()) == names[5:]
    assert " 1 run (" in rectifier("clean", "--keep", "1").output
    assert [file.name for file in ROOT.iterdir()] == names[-1:]


def test_a_run_makes_room_for_the_next(folder: Path) -> None:
    """The last 20, of which this run is one, stay whatever the limit is."""
    names = make(21)
    treatment = Path(".rectifier/treat/train-0123/untreated/result.json")
    treatment.parent.mkdir(parents=True)
    treatment.touch()
    Path("train.py").write_text("print('ran')\n")
    command = [sys.executable, "-m", "rectifier", "run", "--record-limit"]
    got = subprocess.run([*command, "1GB", "train.py"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert "removed" not in got.stderr
    got = subprocess.run([*command, "0.5 kB", "train.py"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert (got.returncode, got.stdout) == (0, "ran\n")
    said = got.stderr.splitlines()[-1]
    assert said.startswith("rectifier: removed 3 old runs (")
    assert "so that its records take no more than 500 B (--record-limit)" in said
    assert len(list(ROOT.iterdir())) == 20
    assert not (ROOT / names[2]).exists()
    assert (ROOT / names[3]).exists()
    assert treatment.exists()


@pytest.mark.parametrize(
    ("text", "given"),
    [("500MB", 5e8), ("1.5 gb", 1.5e9), ("1 GB", 1e9), ("7", 7), ("0", 0), ("3k", 3000), ("none", math.inf)],
)
def test_sizes(text: str, given: float) -> None:
    assert size(click.Context(main), click.Option(["--x"]), text) == given


@pytest.mark.parametrize("text", ["", "much", "3X", "-1", "GB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(click.BadParameter, match="give for example 500MB"):
        size(click.Context(main), click.Option(["--x"]), text)
