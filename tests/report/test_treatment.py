"""The answer of a treatment as a person and `patch` read it."""

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rectifier.report import terminal
from rectifier.report.treatment import show
from rectifier.treat.answer import Answer
from rectifier.treat.trial import Illness
from tests.treat.test_search import searched, well

OVERFIT = Illness(rule="overfitting", severity="warning", remedies=("weight-decay",), caused_by=None)


def printed(answer: Answer, monkeypatch: pytest.MonkeyPatch, **more: Any) -> str:
    """What a file gets that is written on a terminal of 80 columns."""
    file = io.StringIO()
    monkeypatch.setattr("sys.stdout", file)
    console = terminal.console()
    console.width = 80
    show(answer, console, **more)
    return file.getvalue()


def overfitting(name: str, seed: int) -> dict[str, Any]:
    if name == "untreated":
        return {"findings": (OVERFIT,), "loss": 0.001, "eval_loss": 3.0 + 0.1 * seed, "first_eval_loss": 2.31}
    return well(0.1) | {"eval_loss": 0.5, "first_eval_loss": 2.31}


def test_the_losses_shown_are_those_that_decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = printed(searched(tmp_path, overfitting), monkeypatch)
    words = " ".join(said.split())
    rows = {line.split()[0]: line.split() for line in said.splitlines() if line}
    assert "how much lower the evaluation loss ends" in words
    assert "training" not in words
    assert rows["untreated"][2] == "3.1", "the mean of 3.0, 3.1 and 3.2"
    assert "+2.6" in said, "3.1 less 0.5, though the untreated runs began at 2.31"
    assert "counts as that level" not in words
    (tmp_path / "other").mkdir()
    said = printed(searched(tmp_path / "other", lambda name, seed: well() if name != "untreated" else {}), monkeypatch)
    assert "how much lower the training loss ends" in " ".join(said.split())


def test_counts_are_said_as_people_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    none: Callable[[str, int], dict[str, Any]] = lambda name, seed: {"status": "no-training", "steps": 0}  # noqa: E731
    said = printed(searched(tmp_path, none), monkeypatch, reused=1)
    assert "1 trial (1 reused), 1 s: the time of 1 untreated run\n" in said
    assert "The script ran, but took no training step (dying-relu).\n" in said


#: Longer than any terminal is wide, with what terminals and Python's `splitlines` take for something else.
LONG = (
    "import torch\n\nnet = torch.nn.Sequential(torch.nn.ReLU())\n\x0c\n"
    "if True:  \n\tparameters = [p for p in net.parameters()]\n"
    f"\to = torch.optim.SGD([p for p in net.parameters() if p.requires_grad{' and True' * 20}], lr=1.0)  # kept  \n"
    "\tprint('\u2028')\t\n"
)


def test_patch_takes_the_diff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = searched(tmp_path, lambda name, seed: well() if "0.1" in name else {}, script=LONG)
    assert answer.recommended is not None
    assert answer.recommended.diff is not None
    said = printed(answer, monkeypatch)
    assert answer.recommended.diff in said
    if shutil.which("patch"):
        subprocess.run(["patch", "-p1"], input=said, cwd=tmp_path, check=True, text=True, capture_output=True)
        assert (tmp_path / "train.py").read_text() == LONG.replace("lr=1.0", "lr=0.1")
    file = io.StringIO()
    show(answer, Console(file=file, width=60, force_terminal=True, no_color=True))
    assert " and True" * 20 + "], lr=0.1)  # kept" in file.getvalue(), "not cut on a terminal either"
