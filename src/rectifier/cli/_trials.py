"""What `treat` and `compare` share: their options, and the progress of their trials."""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rectifier.cli._script import hint, script_of, torch_must_be_there
from rectifier.treat import scratch, series
from rectifier.treat.executors import Executor
from rectifier.treat.executors.local import Local
from rectifier.treat.series import Series
from rectifier.treat.trial import Program, Result, Treatment, Trial

_JSON = "Write the result to FILE as JSON."
_STEPS = "Stop each trial after this many optimizer steps."


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that runs trials."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    found = (
        click.option("-m", "module", metavar="MODULE", help="Run a module, as `python -m MODULE` does."),
        click.option("--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help=_JSON),
        click.option("--seeds", type=click.IntRange(3), default=3, show_default=True, help="Runs of every arm."),
        click.option("--steps", type=click.IntRange(10), help=f"{_STEPS}  [default: 1000]"),
        click.option("--timeout", type=click.FloatRange(1), help="Stop each trial after this many seconds."),
        click.option(
            "--jobs",
            type=click.IntRange(1),
            default=max(1, processors // 2),
            show_default=True,
            help="Trials at a time on this machine.",
        ),
        click.option("--in-place", is_flag=True, help="Run the trials in the working directory, not in copies of it."),
        click.option("--fresh", is_flag=True, help="Run finished trials of an earlier call again."),
        click.option("--ray", "address", metavar="ADDRESS|local", help="Run the trials on a Ray cluster."),
        click.option("--cpus", type=click.FloatRange(0), default=1.0, show_default=True, help="Per trial, with --ray."),
        click.option("--gpus", type=click.FloatRange(0), default=0.0, show_default=True, help="Per trial, with --ray."),
        click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="SCRIPT [ARGS]..."),
    )
    for option in reversed(found):
        command = option(command)
    return command


def program_of(
    name: str, module: str | None, arguments: tuple[str, ...], *, in_place: bool, timeout: float | None, jobs: int
) -> Program:
    """What is to be run; a usage error if that cannot be."""
    script_of(module, arguments, name)
    torch_must_be_there(name)
    for package in ("libcst", "scipy"):
        if importlib.util.find_spec(package) is None:
            raise click.ClickException(
                f'`rectifier {name}` needs {package}. Install it with: pip install "rectifier[treat]"'
            )
    directory = Path.cwd()
    script = Path(os.path.normpath(directory / arguments[0])) if module is None else directory  # links are copied
    if not in_place and not script.is_relative_to(directory):
        raise click.UsageError(
            f"{arguments[0]} lies outside the working directory {directory}, and only that is copied for the trials: "
            "what the script writes beside itself would be overwritten by every one of them. Start from the folder of "
            "the script or one above it, or say --in-place if that may be."
        )
    if not in_place:
        try:
            scratch.check(directory)
        except scratch.TooLargeError as error:
            raise click.ClickException(str(error)) from None
    threads = None if "OMP_NUM_THREADS" in os.environ else max(1, (os.cpu_count() or 1) // jobs)
    command = ("-m", module, *arguments) if module is not None else arguments
    return Program(command=command, directory=str(directory), in_place=in_place, timeout=timeout, threads=threads)


def executor_of(address: str | None, jobs: int, cpus: float, gpus: float) -> Executor:
    """This machine, or a Ray cluster."""
    if address is None:
        return Local(jobs=jobs)
    if importlib.util.find_spec("ray") is None:
        raise click.ClickException('--ray needs Ray. Install it with: pip install "rectifier[ray]"')
    from rectifier.treat.executors.ray import OnRay

    return OnRay(address=address, cpus=cpus, gpus=gpus)


class Shown:
    """A series whose progress is shown: on a terminal a bar, elsewhere a line for every trial. Used as a context."""

    def __init__(self, program: Program, executor: Executor, *, fresh: bool) -> None:
        folder, self._stays = _folder(program, fresh=fresh)
        self._slots = executor.jobs if isinstance(executor, Local) else None  # trials at a time; None: all of them
        self._waiting: list[Trial] = []
        self._running: list[Trial] = []
        self._begun = 0
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("trials"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[best]}"),
            TextColumn("{task.fields[trying]}", markup=False),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task("", total=0, best="", trying="")
        self._best: tuple[float, str] | None = None
        self.series = Series(program, executor, folder, self._planned, self._told)

    def __enter__(self) -> Series:
        self._progress.start()
        return self.series

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        if any(r.status == "crashed" and r.remedy == str(Treatment()) for r in self.series.results.values()):
            context = click.get_current_context()
            context.call_on_close(lambda: hint(context))  # below the report

    @property
    def stopped(self) -> str:
        """What to say after Ctrl-C."""
        goes_on = f"; the same command goes on from {self.series.folder}" if self._stays else ""
        return f"\nrectifier: stopped{goes_on}"

    def _planned(self, trials: Sequence[Trial]) -> None:
        self._waiting += trials
        self._progress.update(self._task, total=(self._progress.tasks[0].total or 0) + len(trials))
        self._begin()

    def _begin(self) -> None:
        """Say which trials begin: they are run in their order, as soon as there is room."""
        while self._waiting and (self._slots is None or len(self._running) < self._slots):
            trial = self._waiting.pop(0)
            self._running.append(trial)
            self._begun += 1
            if self._progress.disable:
                click.echo(f"rectifier: trial {self._begun}: {_said(trial)}", err=True)
        self._progress.update(self._task, trying=_said(self._running[-1]) if self._running else "")

    def _told(self, trial: Trial, result: Result) -> None:
        if result.loss is not None and result.status == "finished" and (not self._best or result.loss < self._best[0]):
            self._best = (result.loss, result.remedy)
        best = f"best so far: loss {self._best[0]:.4g}, {self._best[1]}" if self._best else ""
        self._running = [each for each in self._running if each.name != trial.name]
        self._progress.update(self._task, advance=1, best=best)
        self._begin()


def _said(trial: Trial) -> str:
    return f"{trial.treatment}, seed {trial.seed}"


def _folder(program: Program, *, fresh: bool) -> tuple[Path, bool]:
    """Where the trials are kept, and whether the same command will find it again."""
    folder = series.folder_of(program)
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        elsewhere = series.folder_of(program, Path(tempfile.mkdtemp(prefix="rectifier-")) / "treat")
        said = f"cannot write to {series.ROOT} ({error.strerror}); recording in {elsewhere}"
        click.echo(f"rectifier: {said}", err=True)
        return elsewhere, False
    return folder, True
