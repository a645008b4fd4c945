"""`rectifier treat` and `rectifier compare` as users call them, on small scripts that really train."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from rectifier.cli import _trials
from rectifier.cli._script import hint
from rectifier.cli.compare import command as compare
from rectifier.cli.treat import command as treat
from rectifier.treat.executors.local import Local
from rectifier.treat.search import Plan
from rectifier.treat.search import treat as search
from rectifier.treat.trial import Program, Result, Trial
from tests.treat.test_search import Made

RECTIFIER = [sys.executable, "-m", "rectifier"]

#: A rate far too high kills its ReLUs within a few steps; a tenth of it, or scaled inputs, would do.
SICK = """
import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(512, 8) * 3
y = (x[:, :1] * x[:, 1:2]).sign()
model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
for step in range(150):
    batch = torch.randint(512, (128,))
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x[batch]), y[batch])
    loss.backward()
    optimizer.step()
    open("written.txt", "a").write(str(step))
"""

WELL = SICK.replace("lr=1.0", "lr=0.02").replace(" * 3\n", "\n")


def execute(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RECTIFIER, *arguments], cwd=folder, text=True, capture_output=True, timeout=900)


@pytest.mark.parametrize(
    ("words", "given", "left"),
    [
        ("--seeds 5 --in-place train.py data", (5, True), ("train.py", "data")),
        ("--seeds 5 train.py --in-place", (5, False), ("train.py", "--in-place")),
        ("train.py --seeds=5 --lr 3", (3, False), ("train.py", "--seeds=5", "--lr", "3")),
        ("train.py -- --seeds 5", (3, False), ("train.py", "--", "--seeds", "5")),
        ("--in-place -- train.py --seeds 5", (3, True), ("train.py", "--seeds", "5")),
        ("--in-place -m train --seeds 5", (3, True), ("--seeds", "5")),
        ("-mtrain -m --seeds 5", (3, False), ("-m", "--seeds", "5")),
    ],
)
def test_options_stand_before_the_script(words: str, given: tuple[int, bool], left: tuple[str, ...]) -> None:
    context = treat.make_context("treat", words.split())
    assert (context.params["seeds"], context.params["in_place"]) == given
    assert context.params["arguments"] == left


@pytest.mark.long
def test_a_sick_script_is_cured_and_changed_on_demand(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SICK)
    got = execute(["treat", "--json", "out.json", "train.py"], tmp_path)
    assert got.returncode == 0, got.stdout + got.stderr
    values = json.loads((tmp_path / "out.json").read_text())
    assert values["outcome"] == "cured", got.stdout
    assert "learning-rate-too-high" in values["untreated"]["findings"]
    assert not (tmp_path / "written.txt").exists()
    assert (tmp_path / "train.py").read_text() == SICK
    recommended = values["recommended"]
    assert recommended["remedy"] == "lower-learning-rate x 0.1"
    assert "+optimizer = torch.optim.SGD(model.parameters(), lr=0.1)" in recommended["diff"]
    arm = next(a for a in values["arms"] if a["remedy"] == recommended["remedy"])
    assert arm["cured"]
    assert arm["interval"][0] > 0
    assert any(a["control"] for a in values["arms"])
    for word in ("Recommended", "lower-learning-rate x 0.1", "untreated", "cured", "+optimizer"):
        assert word in got.stdout

    # The trials are kept, so that the same again runs none of them.
    began = time.monotonic()
    written = execute(["treat", "--write", "train.py"], tmp_path)
    assert written.returncode == 0, written.stderr
    assert f"{len(values['trials'])} reused" in " ".join(written.stdout.split())
    assert time.monotonic() - began < 30
    assert (tmp_path / "train.py.orig").read_text() == SICK
    assert (tmp_path / "train.py").read_text() == SICK.replace("lr=1.0", "lr=0.1")
    assert sorted(f.name for f in tmp_path.iterdir()) == [".rectifier", "out.json", "train.py", "train.py.orig"]


def test_a_healthy_script_needs_nothing(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(WELL)
    got = execute(["treat", "--json", "out.json", "train.py"], tmp_path)
    assert got.returncode == 0, got.stderr
    values = json.loads((tmp_path / "out.json").read_text())
    assert (values["outcome"], values["arms"], values["recommended"]) == ("nothing-to-cure", [], None)


def test_a_script_that_crashes_is_said(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import torch\nraise SystemError('boom')\n")
    got = execute(["treat", "train.py", "--lr", "3", "--steps", "60"], tmp_path)
    assert got.returncode == 1
    assert "SystemError: boom" in " ".join(got.stdout.split())
    assert got.stderr.endswith("put it before the script: rectifier treat --steps 60 train.py --lr 3\n")


@pytest.mark.parametrize(("arguments", "says"), [
    (("train.py", "--json=x", "a b", "--write"), "--json and --write, as everything behind it"),
    (("train.py", "--json=x", "a b", "--write"), "rectifier treat --json=x --write train.py 'a b'"),
    (("-m", "train", "--seeds", "5"), "rectifier treat --seeds 5 -m train\n"),
    (("train.py", "--epochs", "5", "-m"), ""),
    (("train.py", "--json"), "rectifier treat --json train.py\n"),
])  # fmt: skip
def test_the_hint_says_where_our_options_belong(
    arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hint(treat.make_context("treat", list(arguments)))
    said = capsys.readouterr().err
    assert says in said
    assert bool(said) == bool(says)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["treat"], "Try: rectifier treat train.py"),
        (["treat", "-m"], "-m needs the name of a module, as in: rectifier treat -m package.train"),
        (["treat", "trian.py"], "did you mean 'train.py'"),
        (["treat", "--seeds", "1", "train.py"], "x>=3"),
        (["treat", "--json", "no/where.json", "train.py"], "cannot be written"),
        (["compare", "--activations", "rellu", "train.py"], "did you mean 'relu'"),
        (["compare", "--activations", "softmax", "train.py"], "element by element"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(WELL)
    got = execute(arguments, tmp_path)
    assert got.returncode == 2
    assert said in " ".join(got.stderr.replace("│", " ").split())


def test_every_trial_is_said_where_no_bar_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line each, when it begins; into a folder elsewhere where this one cannot be written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".rectifier").write_text("in the way")  # as root, permissions would not stop it
    (tmp_path / "train.py").write_text(WELL)
    program = Program(command=("train.py",), directory=str(tmp_path))
    shown = _trials.Shown(program, Made(lambda name, seed: {}), fresh=False)
    with shown as found:
        answer = search(found, Plan())
    first, *lines = capsys.readouterr().err.splitlines()
    assert first.startswith("rectifier: cannot write to .rectifier/treat (")
    assert first.endswith(f"; recording in {found.folder}")
    assert lines == [f"rectifier: trial {n}: {r.remedy}, seed {r.seed}" for n, r in enumerate(answer.trials, 1)]
    assert lines[0] == "rectifier: trial 1: untreated, seed 0"
    assert shown.stopped == "\nrectifier: stopped", "the same command would begin anew"
    shutil.rmtree(found.folder.parents[1])


def test_two_at_a_time_begin_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    monkeypatch.setattr("rectifier.cli._trials.click.echo", lambda text, err: said.append(text))
    program = Program(command=("train.py",), directory=str(tmp_path))
    shown = _trials.Shown(program, Local(jobs=2), fresh=False)
    trials = [Trial(seed=seed) for seed in range(3)]
    shown._planned(trials)
    assert len(said) == 2
    shown._told(trials[1], Result(remedy="untreated", seed=1, status="finished"))
    assert said[2:] == ["rectifier: trial 3: untreated, seed 2"]


@pytest.mark.parametrize(
    "script",
    [WELL, WELL.replace("nn.ReLU()", "Bent()").replace("torch.manual_seed(0)", "from bent import Bent")],
    ids=["here", "in a file beside it"],
)
def test_there_is_nothing_to_compare(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One activation is named, which is the only one that the script names: said before any trial."""
    (tmp_path / "train.py").write_text(script)
    (tmp_path / "bent.py").write_text("from torch.nn import ReLU, Tanh\n\n\nclass Bent(ReLU):\n    pass\n")
    monkeypatch.chdir(tmp_path)
    got = CliRunner().invoke(compare, ["--activations", "relu", "train.py"])
    assert got.exit_code == 1
    assert "Only relu was named, which the script uses: there is nothing to compare" in got.output
    assert not (tmp_path / ".rectifier" / "treat").exists() or not list(tmp_path.rglob("result.json"))


def test_after_ctrl_c_it_goes_on(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(WELL)
    process = subprocess.Popen(
        [*RECTIFIER, "treat", "--jobs", "1", "train.py"], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a background shell ignores it
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(".rectifier/treat/*/*/result.json")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in error
    done = len(list(tmp_path.glob(".rectifier/treat/*/*/result.json")))
    assert done < 3
    got = execute(["treat", "train.py"], tmp_path)
    assert got.returncode == 0, got.stderr
    assert f"{done} reused" in " ".join(got.stdout.split())


def test_a_script_outside_the_working_directory_is_refused(tmp_path: Path) -> None:
    """Only that is copied: what the script writes beside itself, every trial would overwrite."""
    (tmp_path / "train.py").write_text(SICK)
    (tmp_path / "empty").mkdir()
    for script in ("../train.py", str(tmp_path / "train.py")):
        got = execute(["treat", script], tmp_path / "empty")
        assert got.returncode == 2
        assert "lies outside the working directory" in " ".join(got.stderr.split())


def test_compare(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(WELL.replace("range(150)", "range(60)"))
    got = execute(["compare", "--activations", "relu,tanh", "--json", "out.json", "train.py"], tmp_path)
    assert got.returncode == 0, got.stdout + got.stderr
    values = json.loads((tmp_path / "out.json").read_text())
    assert values["reference"] == "relu"
    assert {a["activation"] for a in values["activations"]} == {"relu", "tanh"}
    assert len(values["trials"]) == 6
    losses = [a["loss"]["mean"] for a in values["activations"]]
    assert losses == sorted(losses)
    # relu's outputs are kept once, tanh's as well: 128 samples of two layers of 64 units, 4 bytes each.
    assert all(a["saved_bytes"] >= 2 * 128 * 64 * 4 for a in values["activations"])
    assert all(a["step_seconds"] > 0 for a in values["activations"])
    assert values["answer"] in " ".join(got.stdout.split())
