"""`rectifier run`: the oracle for everything about the run itself is `python`."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from rectifier.record.kept import kept
from tests.cli import scripts

RECTIFIER = [sys.executable, "-m", "rectifier"]
Finished = subprocess.CompletedProcess[str]


def execute(command: list[str], folder: Path, **options: Any) -> Finished:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, **options)


def split(stderr: str) -> tuple[str, str]:
    """The script's own standard error, and the report after it."""
    own, line, report = stderr.partition("rectifier ──")
    return own, line + report


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    "name", ["TRAINS", "RAISES", "SHAPE_ERROR", "LOSS_ERROR", "BACKWARD_ERROR", "CHAINED_ERROR", "WORKERS"]
)
def test_same_output_traceback_and_exit_code_as_python(tmp_path: Path, name: str) -> None:
    write(tmp_path, "train.py", getattr(scripts, name))
    expected = execute([sys.executable, "train.py"], tmp_path)
    got = execute([*RECTIFIER, "run", "train.py"], tmp_path)
    assert got.stdout == expected.stdout
    assert split(got.stderr)[0] == expected.stderr
    assert got.returncode == expected.returncode
    assert split(got.stderr)[1]


@pytest.mark.parametrize(
    ("text", "code"),
    [("x = (1,\n", 1), ("import sys\nsys.exit(7)\n", 7), ("raise SystemExit('said')\n", 1), ("print(1)\n", 0)],
)
def test_scripts_that_train_nothing(tmp_path: Path, text: str, code: int) -> None:
    write(tmp_path, "train.py", text)
    expected = execute([sys.executable, "train.py", "--fail-on", "all"], tmp_path)
    got = execute([*RECTIFIER, "run", "--json", "report.json", "train.py", "--fail-on", "all"], tmp_path)
    assert (got.stdout, split(got.stderr)[0], got.returncode) == (expected.stdout, expected.stderr, code)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["verdict"] == "inconclusive"
    assert report["run"]["exit_code"] == code
    assert report["run"]["watched"]
    said = "The script stopped before its first training step." if code else "No training step was seen."
    assert said in got.stderr
    assert ("put it before the script: rectifier run --fail-on all train.py\n" in got.stderr) == bool(code)


def test_the_script_sees_what_it_sees_under_python(tmp_path: Path) -> None:
    write(tmp_path, "train.py", scripts.ENVIRONMENT)
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for environment in (own, own | {"PYTHONPATH": str(tmp_path)}):
        expected = execute([sys.executable, "train.py", "--json", "x"], tmp_path, input="in", env=environment)
        got = execute([*RECTIFIER, "run", "train.py", "--json", "x"], tmp_path, input="in", env=environment)
        assert expected.returncode == 0, expected.stderr
        assert got.stdout == expected.stdout


def test_a_script_that_asks_first_and_looks_at_itself(tmp_path: Path) -> None:
    """It asks whether torch is there, compiles a loss, keeps `locals()`, and reads what the shell has opened for it."""
    write(tmp_path, "train.py", scripts.ASKS)
    shell = ["bash", "-c", '"$0" "$@" <(echo said)']
    expected = execute([*shell, sys.executable, "train.py"], tmp_path)
    got = execute([*shell, *RECTIFIER, "run", "--json", "report.json", "train.py"], tmp_path)
    assert "'rate': 0.1}" in expected.stdout, expected.stderr
    assert (got.stdout, split(got.stderr)[0], got.returncode) == (expected.stdout, expected.stderr, 0)
    assert json.loads((tmp_path / "report.json").read_text())["run"]["steps"] == 30


def test_a_sitecustomize_of_the_users_own_still_runs(tmp_path: Path) -> None:
    write(tmp_path, "sitecustomize.py", "import builtins\nbuiltins.mine = 42\n")
    write(tmp_path, "train.py", "import sitecustomize\nprint(mine, sitecustomize.__file__)\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    expected = execute([sys.executable, "train.py"], tmp_path, env=environment)
    got = execute([*RECTIFIER, "run", "train.py"], tmp_path, env=environment)
    assert expected.stdout.startswith("42")
    assert got.stdout == expected.stdout


def test_torch_may_be_there_before_the_script_is(tmp_path: Path) -> None:
    write(tmp_path, "sitecustomize.py", "import torch\n")
    write(tmp_path, "train.py", scripts.TRAINS)
    got = execute([*RECTIFIER, "run", "train.py"], tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)})
    assert "60 steps" in got.stderr


def test_module(tmp_path: Path) -> None:
    write(tmp_path, "trainer.py", scripts.TRAINS + "import sys; print(sys.argv[1:], __spec__.name)\n")
    expected = execute([sys.executable, "-m", "trainer", "-n1", "--json"], tmp_path)
    got = execute([*RECTIFIER, "run", "-m", "trainer", "-n1", "--json"], tmp_path)
    assert expected.stdout.endswith("['-n1', '--json'] __main__\n") or "trainer" in expected.stdout
    assert got.stdout == expected.stdout
    assert "60 steps" in got.stderr


def test_json_has_the_documented_shape(tmp_path: Path) -> None:
    write(tmp_path, "train.py", scripts.BORN_DEAD)
    got = execute([*RECTIFIER, "run", "--json", "report.json", "train.py"], tmp_path)
    assert got.returncode == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert set(report) == {"schema", "run", "verdict", "findings", "not_judged", "notes"}
    assert report["schema"] == 1
    assert set(report["run"]) == {
        "script", "steps", "looked_at", "overhead", "exit_code", "ended_by", "raised", "processes", "watched",
        "unwatched", "backward_calls", "torch", "networks", "command",
    }  # fmt: skip
    assert (report["run"]["watched"], report["run"]["unwatched"], report["notes"]) == (True, None, [])
    assert (report["run"]["script"], report["run"]["steps"], report["run"]["exit_code"]) == ("train.py", 60, 0)
    assert report["verdict"] == "sick"
    finding = report["findings"][0]
    assert set(finding) == {
        "rule", "severity", "confidence", "step", "caused_by", "process", "where", "evidence", "explanation",
        "remedies",
    }  # fmt: skip
    assert (finding["rule"], finding["severity"], finding["step"]) == ("born-dead-relu", "error", 0)
    assert finding["where"] == [
        {
            "network": "model", "layer": "0", "activation": "relu", "units": 16, "affected": 16,
            "source": "train.py:14", "copies": 1,
        }
    ]  # fmt: skip
    assert all(set(remedy) == {"name", "summary", "applicability"} for remedy in finding["remedies"])
    assert all(set(entry) == {"rule", "because"} for entry in report["not_judged"])


@pytest.mark.parametrize(("level", "name", "code"), [
    ("error", "BORN_DEAD", 3), ("warning", "BORN_DEAD", 3), ("warning", "TRAINS", 0), ("error", "RAISES", 1),
])  # fmt: skip
def test_fail_on(tmp_path: Path, level: str, name: str, code: int) -> None:
    write(tmp_path, "train.py", getattr(scripts, name))
    assert execute([*RECTIFIER, "run", "--fail-on", level, "train.py"], tmp_path).returncode == code


#: Lines before a script that break the watcher in it, or take away what it stands on; and what the report then says.
UNWATCHED = {
    "without its hooks": (
        "import torch.optim.optimizer as o; o._global_optimizer_post_hooks.clear()",
        "the script replaced or removed torch's global optimizer",
    ),
    "at the import": (
        "import sys; sys.modules['rectifier.watcher.attach'] = None",
        "ModuleNotFoundError: import of rectifier.watcher.attach halted",
    ),
    "from a step on": (
        "import torch, rectifier.watcher.attach as a\n"
        "def stepped(*arguments, whole=a.Watcher._stepped, left=[1] * 5, **named):\n"
        "    left.pop()\n"
        "    return whole(*arguments, **named)\n"
        "a.Watcher._stepped = stepped",
        "steps: IndexError: pop from empty list, from step 5 on",
    ),
}


@pytest.mark.parametrize("how", UNWATCHED)
def test_a_run_that_was_not_watched_is_never_fine(tmp_path: Path, how: str) -> None:
    line, reason = UNWATCHED[how]
    write(tmp_path, "train.py", line + "\n" + scripts.TRAINS)
    got = execute([*RECTIFIER, "run", "--fail-on", "error", "--json", "report.json", "train.py"], tmp_path)
    assert got.returncode == 5
    first = split(got.stderr)[1].splitlines()[1]
    assert first.startswith("Rectifier could not watch this run: ")
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["verdict"], report["run"]["watched"]) == ("inconclusive", False)
    assert report["run"]["unwatched"].startswith(reason)


def test_the_exit_code_of_a_run_that_was_not_watched(tmp_path: Path) -> None:
    broken = UNWATCHED["at the import"][0] + "\n"
    write(tmp_path, "train.py", broken + scripts.TRAINS)
    expected = execute([sys.executable, "train.py"], tmp_path)
    got = execute([*RECTIFIER, "run", "train.py"], tmp_path)
    assert (got.stdout, got.returncode) == (expected.stdout, 0)
    assert execute([*RECTIFIER, "run", "--fail-on", "warning", "train.py"], tmp_path).returncode == 5
    write(tmp_path, "train.py", broken + scripts.RAISES)
    assert execute([*RECTIFIER, "run", "--fail-on", "error", "train.py"], tmp_path).returncode == 1


def test_a_python_that_does_not_load_rectifier_is_said(tmp_path: Path) -> None:
    write(tmp_path, "train.py", scripts.TRAINS)
    got = execute([sys.executable, "-I", "-m", "rectifier", "run", "--fail-on", "error", "train.py"], tmp_path)
    assert got.returncode == 5
    said = " ".join(got.stderr.split())
    assert "Rectifier could not watch this run: the script's Python left no sign of having loaded Rectifier" in said


COUNTED = "No training step was seen: 20 backward calls, no optimizer step."


@pytest.mark.parametrize(("calls", "first", "last", "says"), [
    (20, "", "", "error no-gradient"),
    (300, "", "", "`backward()` was called 300 times"),
    (20, "", "raise SystemExit(2)", COUNTED),
    (20, "model.eval()", "", COUNTED),
    (20, "x.requires_grad_()", "", COUNTED),
    (1, "", "", "No training step was seen: 1 backward call, no optimizer step."),
])  # fmt: skip
def test_backward_calls_without_a_step_are_counted(
    tmp_path: Path, calls: int, first: str, last: str, says: str
) -> None:
    text = scripts.TRAINS.replace("    optimizer.step()\n", "").replace("range(60)", f"range({calls})")
    text = text.replace("x[batch])", "x)").replace("y[batch])", "y)")
    write(tmp_path, "train.py", f"{text.replace('for step', f'{first}{chr(10)}for step')}{last}\n")
    got = execute([*RECTIFIER, "run", "train.py"], tmp_path)
    assert says in " ".join(got.stderr.split())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_by_a_signal_is_diagnosed(tmp_path: Path, number: signal.Signals) -> None:
    write(tmp_path, "train.py", scripts.WAITS)
    run = subprocess.Popen(
        [*RECTIFIER, "run", "train.py"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=_interruptible,
    )  # fmt: skip
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"
    time.sleep(1.5)
    if number == signal.SIGKILL:  # the script is killed, not its watcher
        children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
        os.kill(int(children[0]), number)
    else:
        run.send_signal(number)
    _, stderr = run.communicate(timeout=60)
    assert run.returncode == -number
    assert ("KeyboardInterrupt" in stderr) == (number == signal.SIGINT)
    assert f"exit code {128 + number}" in stderr
    steps = re.search(r"(\d+) steps", stderr)
    assert steps is not None
    assert int(steps[1]) > 0


def test_killing_the_watcher_ends_the_script(tmp_path: Path) -> None:
    write(tmp_path, "train.py", scripts.WAITS)
    run = subprocess.Popen([*RECTIFIER, "run", "train.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"
    child = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()[0]
    run.kill()
    run.communicate(timeout=60)
    deadline = time.monotonic() + 10
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(child)


def _interruptible() -> None:
    """A shell's background job ignores Ctrl-C, and so does what it starts: tests may run in one."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _alive(process: str) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["trian.py"], "there is no script 'trian.py': did you mean 'train.py'?"),
        (["folder"], "'folder' is a directory without a __main__.py"),
        ([], "no script was given"),
        (["-m"], "-m needs the name of a module"),
        (["--budget", "0", "-m", "--json", "x.json"], "-m needs the name of a module"),
        (["--jsn", "x", "train.py"], "Did you mean '--json'?"),
        (["--json", "nowhere/x.json", "train.py"], "cannot be written"),
        (["--budget", "3", "train.py"], "0<=x<=1"),
        (["--fail-on", "all", "train.py"], "'all' is not one of 'warning', 'error'"),
    ],
)
def test_wrong_use_is_said_before_anything_runs(tmp_path: Path, arguments: list[str], says: str) -> None:
    write(tmp_path, "train.py", "print('ran')\n")
    (tmp_path / "folder").mkdir()
    got = execute([*RECTIFIER, "run", *arguments], tmp_path)
    assert got.returncode == 2
    assert says in got.stderr
    assert not got.stdout
    assert not (tmp_path / ".rectifier").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / ".rectifier").write_text("in the way")  # as root, permissions would not stop it
    write(tmp_path, "train.py", scripts.TRAINS)
    got = execute([*RECTIFIER, "run", "train.py"], tmp_path)
    assert got.returncode == 0
    assert got.stdout.startswith("loss")
    assert "cannot write to .rectifier/runs" in got.stderr
    assert "60 steps" in got.stderr


def test_without_torch(tmp_path: Path) -> None:
    write(tmp_path, "train.py", "print('ran')\n")
    hide = "import sys; sys.modules['torch'] = None; sys.argv[0] = 'rectifier'; from rectifier.cli import main; main()"
    got = execute([sys.executable, "-c", hide, "run", "train.py"], tmp_path)
    assert got.returncode == 1
    assert 'pip install "rectifier[torch]"' in got.stderr
    assert not got.stdout


def test_report_prints_the_last_run_again(tmp_path: Path) -> None:
    write(tmp_path, "train.py", scripts.BORN_DEAD)
    run = execute([*RECTIFIER, "run", "train.py"], tmp_path)
    again = execute([*RECTIFIER, "report", "--json", "again.json"], tmp_path)
    assert again.stdout == split(run.stderr)[1]
    assert json.loads((tmp_path / "again.json").read_text())["verdict"] == "sick"
    name = next((tmp_path / ".rectifier" / "runs").iterdir()).name
    assert execute([*RECTIFIER, "report", name], tmp_path).stdout == again.stdout
    misspelt = execute([*RECTIFIER, "report", name[:-1] + "x"], tmp_path)
    assert misspelt.returncode == 1
    assert f"did you mean '{name}'" in misspelt.stderr
    (only,) = kept(tmp_path / ".rectifier" / "runs")
    assert (only.run.verdict, only.state) == ("sick", "ended")
    assert not only.foreign, list(only.folder.iterdir())


def test_report_without_any_run(tmp_path: Path) -> None:
    got = execute([*RECTIFIER, "report"], tmp_path)
    assert got.returncode == 1
    assert "start one with `rectifier run train.py`" in got.stderr


def test_two_runs_side_by_side(tmp_path: Path) -> None:
    write(tmp_path, "sick.py", scripts.BORN_DEAD)
    write(tmp_path, "well.py", scripts.TRAINS)
    names = []
    for script in ("sick.py", "well.py"):
        execute([*RECTIFIER, "run", script], tmp_path)
        names.append(
            max((tmp_path / ".rectifier" / "runs").iterdir(), key=lambda f: (f / "run.json").stat().st_mtime).name
        )
    got = execute([*RECTIFIER, "report", *names], tmp_path)
    assert got.returncode == 0, got.stderr
    lines = {line.split("  ")[0]: line.split() for line in got.stdout.splitlines()}
    assert lines["verdict"] == ["verdict", "sick", "healthy"]
    assert lines["steps"] == ["steps", "60", "60"]
    assert lines["script"] == ["script", "sick.py", "well.py"]
    assert "gone  error born-dead-relu" in got.stdout
    assert "new" not in lines
    back = execute([*RECTIFIER, "report", *names[::-1]], tmp_path).stdout
    assert "new  error born-dead-relu" in back
    assert "Nothing ill was found in either." in execute([*RECTIFIER, "report", names[1], names[1]], tmp_path).stdout
    assert execute([*RECTIFIER, "report", *names, names[0]], tmp_path).returncode == 2
    assert execute([*RECTIFIER, "report", *names, "--json", "x.json"], tmp_path).returncode == 2


LONG = (
    scripts.BORN_DEAD.replace("import torch\n", "import time, torch\n", 1)
    .replace("range(60)", "range(100_000)")
    .replace("    optimizer.step()\n", "    optimizer.step()\n    time.sleep(0.002)\n")
)


def test_a_doomed_run_is_ended_early_as_by_ctrl_c(tmp_path: Path) -> None:
    saves = f"try:\n{textwrap.indent(LONG, '    ')}except KeyboardInterrupt:\n    print('saved')\n"
    write(tmp_path, "train.py", saves)
    began = time.monotonic()
    got = execute([*RECTIFIER, "run", "--stop-when", "error", "--json", "report.json", "train.py"], tmp_path)
    assert got.returncode == 4
    assert got.stdout == "saved\n"
    assert time.monotonic() - began < 60
    assert re.search(r"ended the script early \(--stop-when error\): error born-dead-relu, at step \d+", got.stderr), (
        got.stderr
    )
    assert re.search(r"--stop-when error: .*\. Ending the script by SIGINT, as Ctrl-C does", got.stderr)
    assert "sick  train.py" in got.stderr
    assert "ended by --stop-when error (SIGINT)" in " ".join(got.stderr.split())
    assert "killed" not in got.stderr
    run = json.loads((tmp_path / "report.json").read_text())["run"]
    assert (run["exit_code"], run["ended_by"]) == (0, "--stop-when error (SIGINT)")


@pytest.mark.parametrize(("by", "says"), [
    (None, "it was killed, or its disk was full"),
    ("--stop-when error (SIGINT, then SIGTERM)", "it was ended by --stop-when error (SIGINT, then SIGTERM)"),
])  # fmt: skip
def test_whose_doing_it_is_that_a_record_breaks_off(tmp_path: Path, by: str | None, says: str) -> None:
    from rectifier.diagnose.diagnosis import diagnose
    from rectifier.record.reader import Record
    from rectifier.record.rows import Step
    from rectifier.record.runs import Run
    from rectifier.record.writer import Writer
    from rectifier.report.model import Report

    Run(script="train.py", ended=1.0, exit_code=143, ended_by=by).save(tmp_path)
    writer = Writer(tmp_path / "rank-0.db")
    writer.put(Step(step=0, optimizer=0, loss=1.0, rate=0.1, seconds=0.1))
    writer.flush()
    report = " ".join(str(Report.of(diagnose(Record(tmp_path)))).split())
    writer.close()
    assert says in report
    assert ("exit code 143" in report) == (by is None)


def test_the_title_is_written_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rectifier.cli._live import Live
    from rectifier.record.rows import Step
    from rectifier.record.runs import Run
    from rectifier.record.writer import Writer

    Run(script="train.py").save(tmp_path)
    writer = Writer(tmp_path / "rank-0.db")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    assert Live(tmp_path, None).every is None
    monkeypatch.setenv("TERM", "xterm")
    live = Live(tmp_path, None)
    for step in (3, 3, 4):
        writer.put(Step(step=step, optimizer=0, loss=1.0, rate=0.1, seconds=0.1))
        writer.flush()
        live.look()
    live.end()
    writer.close()
    titles = re.findall(r"\x1b]2;(.*?)\a", capsys.readouterr().err)
    assert titles == [f"step {step}  loss 1  nothing ill so far" for step in (3, 4)]


def test_a_rule_that_fails_does_not_end_the_run(tmp_path: Path) -> None:
    """Nor does one that fails while it runs: a process that watches its child must outlive it."""
    from rectifier.cli._live import Live

    live = Live(tmp_path, "error")
    live._next = 0
    (tmp_path / "run.json").write_text("half")  # no record has ever looked like this
    assert live.look() is False
    assert "JSONDecodeError" in live.failed
    live.report()


def test_a_healthy_run_is_not_ended(tmp_path: Path) -> None:
    slow = scripts.TRAINS.replace("import torch\n", "import time, torch\n", 1).replace(
        "    optimizer.step()\n", "    optimizer.step()\n    time.sleep(0.13)\n"
    )
    write(tmp_path, "train.py", slow)
    got = execute([*RECTIFIER, "run", "--stop-when", "warning", "train.py"], tmp_path)
    assert got.returncode == 0
    assert "loss" in got.stdout
    assert "ended" not in got.stderr


def test_the_diagnosis_so_far_on_a_signal(tmp_path: Path) -> None:
    """The script has no handler for it, and goes on (one that has gets it: `tests/watcher/test_signals.py`)."""
    write(tmp_path, "train.py", LONG.replace("range(100_000)", "range(2000)"))
    process = subprocess.Popen(
        [*RECTIFIER, "run", "train.py"], cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:  # until something is recorded
        if any(file.stat().st_size > 20_000 for file in tmp_path.glob(".rectifier/runs/*/rank-0.db*")):
            break
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGUSR1)
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    assert out.startswith("loss")
    assert error.count("rectifier ──") == 2
    assert error.count("born-dead-relu") >= 2
