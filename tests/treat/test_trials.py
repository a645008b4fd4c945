"""Single trials: seeds, steps, and scripts that behave badly. A trial is marked; nothing of the user's is touched."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from rectifier.treat import scratch
from rectifier.treat.execute import HEAD, TAIL, CancelledError, _start, execute
from rectifier.treat.trial import Program, Result, Trial
from tests.treat.scripts import TRAINS, log, run, trial, use

DRAWS = """
import random
import numpy as np
import torch
{seeds}
print(random.random(), np.random.rand(), torch.rand(1).item(), np.random.default_rng().random(), flush=True)
"""


def test_seed_0_is_the_script_as_it_is(tmp_path: Path) -> None:
    result = trial(TRAINS, tmp_path)
    assert result.status == "finished"
    assert log(tmp_path) == run(TRAINS)
    assert (result.steps, result.seed, result.remedy) == (40, 0, "untreated")
    assert result.eval_loss == pytest.approx(float(log(tmp_path).split("evaluation ")[-1].split()[0]), rel=1e-6)
    assert result.best_eval_loss is not None
    assert result.eval_loss is not None
    assert result.first_eval_loss is not None
    assert result.best_eval_loss <= result.eval_loss <= result.first_eval_loss
    assert Result.load(tmp_path / "trial" / "result.json") == result


@pytest.mark.parametrize(
    "seeds", ["", "random.seed(1); np.random.seed(1); torch.manual_seed(1)"], ids=["unseeded", "seeded"]
)
def test_another_seed_is_another_stream_and_the_same_one_again(seeds: str, tmp_path: Path) -> None:
    drawn = []
    for seed in (0, 0, 1):
        trial(DRAWS.format(seeds=seeds), tmp_path, seed=seed)
        drawn.append(log(tmp_path).split())
        assert len(drawn[-1]) == 4, drawn
    assert drawn[0] == drawn[1]
    assert all(a != b for a, b in zip(drawn[0], drawn[2], strict=True)), drawn


@pytest.mark.parametrize("caught", [False, True], ids=["plain", "catching everything"])
def test_it_is_ended_after_so_many_steps(caught: bool, tmp_path: Path) -> None:
    script = TRAINS.replace("range(40)", "range(100_000)")
    if caught:
        script = script.replace(
            "    optimizer.step()\n", "    try:\n        optimizer.step()\n    except BaseException:\n        pass\n"
        )
    result = trial(script, tmp_path, steps=20)
    assert result.status == "finished", log(tmp_path)
    assert 20 <= result.steps <= 24
    assert "final" not in log(tmp_path)


def test_it_is_ended_after_so_many_backward_calls_without_an_optimizer(tmp_path: Path) -> None:
    script = """
import torch
w = torch.randn(4, 8, requires_grad=True)
x = torch.randn(64, 4)
while True:
    loss = (torch.relu(x @ w) - 1).square().mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        w.grad = None
"""
    result = trial(script, tmp_path, use("activation", new="elu"), steps=30)
    assert result.status == "finished", log(tmp_path)
    assert 30 <= result.steps <= 31
    assert [s.activation for s in result.sites] == ["elu"]


def test_a_script_that_crashes(tmp_path: Path) -> None:
    result = trial(TRAINS + "raise ValueError('boom')\n", tmp_path)
    assert (result.status, result.why) == ("crashed", "ValueError: boom")
    assert result.loss is not None


def test_a_script_that_hangs(tmp_path: Path) -> None:
    script = (
        TRAINS
        + "import time, subprocess\nsubprocess.Popen(['sleep', '600'])\nprint('hangs', flush=True)\ntime.sleep(600)\n"
    )
    began = time.monotonic()
    result = trial(script, tmp_path, timeout=20)
    assert (result.status, result.steps) == ("timeout", 40)
    assert time.monotonic() - began < 60


def test_a_script_that_kills_itself(tmp_path: Path) -> None:
    result = trial(TRAINS + "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", tmp_path)
    assert (result.status, result.why) == ("killed", "ended by SIGKILL")


def test_a_script_that_does_not_train(tmp_path: Path) -> None:
    assert trial("print('hello')\n", tmp_path).status == "no-training"


def test_a_script_that_prints_megabytes(tmp_path: Path) -> None:
    script = TRAINS + "for i in range(60_000):\n    print(i, 'x' * 80)\nprint('the end')\n"
    result = trial(script, tmp_path)
    assert result.status == "finished"
    kept = (tmp_path / "trial" / "log.txt").stat().st_size
    assert HEAD < kept < HEAD + 3 * TAIL
    assert "bytes left out" in log(tmp_path)
    assert log(tmp_path).endswith("the end\n")


def test_a_script_that_writes_and_reads_beside_itself(tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / "data").mkdir(parents=True)
    (work / "data" / "x.txt").write_text("mine")
    (work / "link.txt").symlink_to(work / "data" / "x.txt")
    (work / ".git").mkdir()
    os.mkfifo(work / "pipe")
    script = TRAINS + (
        "import os\nassert open('data/x.txt').read() == open('link.txt').read() == 'mine'\n"
        "for name in ('data/x.txt', 'link.txt', 'new.txt', __file__):\n    open(name, 'w').write('overwritten')\n"
        "print(sorted(os.listdir()))\nos.remove('data/x.txt')\n"
    )
    result = trial(script, tmp_path)
    assert result.status == "finished", log(tmp_path)
    assert "['data', 'link.txt', 'new.txt', 'train.py']" in log(tmp_path)
    assert (work / "data" / "x.txt").read_text() == "mine"
    assert (work / "train.py").read_text() == script
    assert not (work / "new.txt").exists()


def test_in_place_it_writes_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAINS + "open('new.txt', 'w').write('here')\n")
    program = Program(command=("train.py",), directory=str(tmp_path), in_place=True)
    assert execute(program, Trial(), tmp_path / "trial").status == "finished"
    assert (tmp_path / "new.txt").read_text() == "here"


def test_a_directory_too_large_to_copy_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data.bin").write_bytes(bytes(1000))
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "pack").write_bytes(bytes(5000))
    monkeypatch.setattr(scratch, "LARGEST", 2000)
    scratch.check(tmp_path)
    monkeypatch.setattr(scratch, "LARGEST", 500)
    with pytest.raises(scratch.TooLargeError, match="--in-place"):
        scratch.check(tmp_path)


def test_a_trial_that_is_cancelled_leaves_no_result_and_no_process(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "train.py").write_text("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)\n")
    program = Program(command=("train.py",), directory=str(tmp_path / "work"))
    cancelled = threading.Event()
    threading.Timer(4, cancelled.set).start()
    with pytest.raises(CancelledError):
        execute(program, Trial(), tmp_path / "trial", cancelled)
    assert not (tmp_path / "trial" / "result.json").exists()
    process = int(log(tmp_path))
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.parametrize(
    ("first", "level"),
    [
        ([2.3, 2.2, 2.4, 2.1, 2.2], 2.2),
        ([2.3, 50.0, 1e6, 1e20, 1e30], 2.3),
        ([1.0, float("inf"), float("nan")], 1.0),
        ([-1.0, -1.1, -0.9], -1.0),
        ([float("nan")], None),
    ],
)
def test_where_a_run_begins(first: list[float], level: float | None) -> None:
    assert _start(np.array(first)[np.isfinite(first)]) == level


def test_generators_of_numpy_are_given_other_seeds() -> None:
    from rectifier.treat.inside.seeds import STRIDE, _of_numpy

    for offset in (0, 2):
        made = _of_numpy(np.random.default_rng, offset)
        wanted = np.random.default_rng(5 + offset * STRIDE).random()
        assert made(5).random() == made(seed=5).random() == made(np.int64(5)).random() == wanted
        assert made().random() != made().random()
