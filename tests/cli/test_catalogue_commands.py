"""`rectifier list`, `explain` and `plot`, run as a user runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from rectifier import catalogue
from rectifier.catalogue import Activation
from rectifier.cli import main


def rectifier(*arguments: str | Path, columns: int = 80, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rectifier", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=os.environ | {"COLUMNS": str(columns), "PYTHONIOENCODING": "utf-8"},
    )


def printed(*arguments: str) -> str:
    """What a command prints to a file, in lines of at most 80 columns; asked in this process."""
    run = CliRunner().invoke(main, arguments, env={"COLUMNS": "80"})
    assert run.exit_code == 0, run.output
    lines = run.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if line != line.rstrip()]
    return run.stdout


def test_list_shows_every_member_in_80_columns() -> None:
    text = printed("list")
    for name in catalogue.names():
        assert any(line.startswith(f"{name} ") for line in text.splitlines())
    assert rectifier("list").stdout == text


def test_explain_prints_the_page_of_a_rule() -> None:
    assert "Remedies" in printed("explain", "dying-relu")


@pytest.mark.parametrize("member", catalogue.members(), ids=lambda m: m.name)
def test_explain_tells_everything_in_80_columns(member: Activation) -> None:
    text = printed("explain", member.name)
    assert "\x1b" not in text
    flat = " ".join(text.replace("\n  - ", " ").split())
    texts = [member.summary, member.text, member.used, member.cost, member.history, *member.advantages]
    texts += [*member.disadvantages, *(s.citation for s in member.sources), *(a.when for a in member.alternatives)]
    for each in texts:
        assert " ".join(each.split()) in flat
    for parameter in member.parameters:
        assert parameter.meaning in flat


@pytest.mark.parametrize("command", ["explain", "plot"])
def test_a_misspelt_activation_is_helped(command: str) -> None:
    run = rectifier(command, "rellu")
    assert run.returncode == 2
    assert "did you mean 'relu'?" in run.stderr
    assert run.stdout == ""


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_plot_writes_the_file(tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"picture.{ending}"
    run = rectifier("plot", *catalogue.names(), "-o", target, "--range", "-3", "5")
    assert run.returncode == 0, run.stderr
    assert target.stat().st_size > 1000
    if ending == "png":
        assert target.read_bytes()[:4] == b"\x89PNG"


def test_plot_says_what_is_wrong(tmp_path: Path) -> None:
    assert (
        "from a finite number up to a larger one" in rectifier("plot", "relu", "--range", "3", "1", cwd=tmp_path).stderr
    )
    run = rectifier("plot", "relu", "-o", tmp_path / "picture.nonsense")
    assert run.returncode == 1
    assert "nonsense" in run.stderr
    assert "Traceback" not in run.stderr
