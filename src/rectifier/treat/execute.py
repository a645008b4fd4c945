"""Running one trial: a process of its own, its output kept in a log, its record diagnosed."""

import contextlib
import ctypes
import itertools
import json
import math
import operator
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from rectifier.diagnose.diagnosis import FEWEST_STEPS, Diagnosis, diagnose
from rectifier.diagnose.units import judge
from rectifier.record.reader import DamagedRecordError, Record
from rectifier.record.runs import LOADED, NOT_WATCHED, UNFOLLOWED, Run
from rectifier.treat import scratch
from rectifier.treat.trial import Illness, Program, Result, Site, Status, Trial
from rectifier.watcher.environment import watched

#: Of a trial's output so many bytes are kept from its beginning, and so many from its end.
HEAD, TAIL = 1 << 20, 1 << 16
#: Seconds that a trial has to end when it is told to.
GRACE = 3.0
#: Share of a trial's time that watching may cost.
BUDGET = 0.05


def execute(program: Program, trial: Trial, folder: Path, cancelled: threading.Event | None = None) -> Result:
    """Run the trial with its files in `folder`: `trial.json`, the record, `log.txt`, and last `result.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in (f for kind in ("rank-*", "inside.*", NOT_WATCHED, LOADED, UNFOLLOWED) for f in folder.glob(kind)):
        left.unlink()  # of a trial that was cut off
    trial.save(folder / "trial.json")
    began = time.monotonic()
    directory = Path(program.directory)
    with contextlib.nullcontext(directory) if program.in_place else scratch.copy(directory) as place:
        run = Run(
            script=program.script, arguments=program.command[1:], directory=program.directory, started=time.time()
        )
        run.save(folder)
        status, ended_by = _run(program, trial, folder, place, cancelled)
        replace(run, ended=time.time(), exit_code=status if status >= 0 else 128 - status).save(folder)
    result = _judge(trial, folder, status, ended_by, time.monotonic() - began)
    result.save(folder / "result.json")
    return result


class CancelledError(Exception):
    """The trial was ended because all are to end."""


def _run(
    program: Program, trial: Trial, folder: Path, place: Path, cancelled: threading.Event | None
) -> tuple[int, str]:
    """Exit status, and what ended it if it was not the script itself."""
    settings = {"folder": str(folder.resolve()), "budget": BUDGET, "along": ["rectifier.treat.inside"]}
    inside = watched(settings | {"trial": asdict(trial)}, os.environ)
    inside["PYTHONHASHSEED"] = inside.get("PYTHONHASHSEED", "0")
    if program.threads is not None:
        inside["OMP_NUM_THREADS"] = str(program.threads)
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    process = subprocess.Popen(
        [sys.executable, *_moved(program, place)],
        cwd=place,
        env=inside,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=(lambda: libc.prctl(1, signal.SIGKILL)) if libc is not None else None,
    )
    assert process.stdout is not None
    keeper = threading.Thread(target=_keep, args=(process.stdout, folder / "log.txt"), daemon=True)
    keeper.start()
    deadline = math.inf if program.timeout is None else time.monotonic() + program.timeout
    why = ""
    try:
        while process.poll() is None and not why:
            try:
                process.wait(min(0.2, max(0.01, deadline - time.monotonic())))
            except subprocess.TimeoutExpired:
                if time.monotonic() >= deadline:
                    why = "timeout"
                elif cancelled is not None and cancelled.is_set():
                    raise CancelledError from None
    finally:
        _end(process)
        keeper.join(GRACE)  # a process that it has left behind may hold the pipe
    return process.returncode, why


def _moved(program: Program, place: Path) -> list[str]:
    """The command with a script below the working directory, given by its full path, looked for in the copy."""
    first = Path(program.command[0])
    if first.is_absolute() and first.is_relative_to(program.directory):
        return [str(place / first.relative_to(program.directory)), *program.command[1:]]
    return list(program.command)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process and all that it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):
            break
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _keep(output: IO[bytes], path: Path) -> None:
    kept, left_out = 0, 0
    tail: deque[bytes] = deque()
    with path.open("wb") as log:
        while block := os.read(output.fileno(), 1 << 16):
            if kept < HEAD:
                log.write(block[: HEAD - kept])
                log.flush()
                block, kept = block[HEAD - kept :], kept + len(block)
            if block:
                tail.append(block)
                while sum(map(len, tail)) - len(tail[0]) >= TAIL:
                    left_out += len(tail.popleft())
        if left_out:
            log.write(f"\n... {left_out} bytes left out ...\n".encode())
        log.writelines(tail)
    output.close()


def _judge(trial: Trial, folder: Path, status: int, ended_by: str, seconds: float) -> Result:
    try:
        with np.errstate(all="ignore"):  # a trial may end in infinities, which rules compute with
            diagnosis = diagnose(Record(folder))
    except DamagedRecordError:
        return Result(
            remedy=str(trial.treatment), seed=trial.seed, status="killed", why="its record is damaged", seconds=seconds
        )
    inside = json.loads((folder / "inside.json").read_text()) if (folder / "inside.json").exists() else {}
    evidence = diagnosis.evidence
    acted = inside.get("acted", {})
    evaluations = _worst(diagnosis)
    # Early stopping goes back to the weights of the best evaluation, which has been measured; the others keep the last.
    kept = min if acted.get("early-stop") else operator.itemgetter(-1)
    losses = _losses(diagnosis)
    looked = {look.step for look in evidence.looks}
    taken = [s.seconds for s in evidence.steps if s.seconds > 0 and s.step not in looked]
    rates = [s.rate for s in evidence.steps if s.rate is not None]
    how, why = _status(status, ended_by, evidence.step_count, folder)
    return Result(
        remedy=str(trial.treatment),
        seed=trial.seed,
        status=how,
        why=why,
        steps=evidence.step_count,
        verdict=diagnosis.verdict,
        findings=tuple(
            Illness(
                rule=f.rule,
                severity=f.severity,
                remedies=tuple(r.name for r in f.remedies),
                caused_by=f.caused_by,
                values={r.name: r.values for r in f.remedies if r.values},
            )
            for f in diagnosis.findings
            if f.severity != "info"
        ),
        sites=tuple(_sites(diagnosis)),
        **_course(losses),
        first_eval_loss=evaluations[0] if evaluations else None,
        eval_loss=kept(evaluations) if evaluations else None,
        best_eval_loss=min(evaluations) if evaluations else None,
        rate=max(rates, default=None),
        step_seconds=float(np.median(taken)) if taken else None,
        saved_bytes=inside.get("saved_bytes"),
        acted=acted,
        seconds=seconds,
    )


def _status(status: int, ended_by: str, steps: int, folder: Path) -> tuple[Status, str]:
    if ended_by:
        return "timeout", "it took too long"
    if status < 0:
        return "killed", f"ended by {signal.Signals(-status).name}"
    if status > 0:
        lines = (folder / "log.txt").read_text(errors="replace").strip().splitlines()
        return "crashed", lines[-1][:200] if lines else f"exit code {status}"
    notes = [note.read_text().strip() for note in folder.glob(NOT_WATCHED)]
    if steps < FEWEST_STEPS:
        return "no-training", notes[0] if notes else f"it took only {steps} training step{'' if steps == 1 else 's'}"
    return "finished", ""


def _worst(diagnosis: Diagnosis) -> list[float]:
    """The losses of the evaluation that ends worst: a script may evaluate its training set as well."""
    passes = [[float(v) if math.isfinite(v) else math.inf for v in e.losses] for e in diagnosis.evidence.evaluations]
    return max((p for p in passes if p), key=lambda p: p[-1], default=[])


def _losses(diagnosis: Diagnosis) -> list[float]:
    """The training losses in the order of the steps; none where several optimizers play against each other."""
    evidence = diagnosis.evidence
    owners = [s.optimizer for s in evidence.steps if s.loss is not None]
    changes = sum(a != b for a, b in itertools.pairwise(owners))
    if changes > len(set(owners)) - 1:
        return []
    return [s.loss if math.isfinite(s.loss) else math.inf for s in evidence.steps if s.loss is not None]


def _course(losses: list[float]) -> dict[str, Any]:
    if not losses:
        return {}
    values = np.array(losses)
    window = min(len(values), max(5, len(values) // 10))
    means = np.convolve(values, np.ones(window) / window, "valid") if np.isfinite(values).all() else np.array([])
    return {
        "first_loss": losses[0],
        "start_loss": _start(values[:5][np.isfinite(values[:5])]),
        "loss": float(values[-window:].mean()),
        "best_loss": float(means.min()) if len(means) else _lowest(values, window),
        "curve": tuple(float(part.mean()) for part in np.array_split(values, min(100, len(values)))),
    }


def _start(first: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float | None:
    """The median of the first losses; the first itself where they leave it upwards, for a run that diverges at once."""
    if not len(first):
        return None
    median = float(np.median(first))
    return median if median <= 3 * abs(first[0]) else float(first[0])


def _lowest(values: "np.ndarray[tuple[int], np.dtype[np.float64]]", window: int) -> float:
    finite = [values[i : i + window].mean() for i in range(len(values) - window + 1)]
    return float(min(finite))


def _is_bare(parameter: str, layer: str) -> bool:
    """Whether a weight of this name is a tensor of the script's: called by its variable, or by its number."""
    return parameter == layer or parameter.startswith("parameter ")


def _sites(diagnosis: Diagnosis) -> Iterator[Site]:
    names = {p.parameter.parameter: p.parameter.name for p in diagnosis.evidence.parameters}
    for history in diagnosis.evidence.sites:
        units, weight = judge(history), history.site.weight
        yield Site(
            layer=history.site.layer,
            activation=history.site.activation,
            units=history.site.units,
            dead=int(units.dead.sum()) if units is not None else 0,
            rectifies=history.site.rectifies,
            feeds=history.site.feeds,
            bare=weight is not None and _is_bare(names.get(weight, "."), history.site.layer),
        )
