"""`rectifier run`: run a training script exactly as `python` would, watch it, then say what is ill."""

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rectifier.cli._live import Live
from rectifier.cli._runs import size, size_of, told
from rectifier.cli._script import ScriptCommand, hint, must_be_writable, script_of, torch_must_be_there
from rectifier.record import runs
from rectifier.record.kept import LAST, LIMIT, kept, remove
from rectifier.watcher.ending import STAGES
from rectifier.watcher.governor import BUDGET
from rectifier.watcher.launch import end_as, launch

if TYPE_CHECKING:
    from rectifier.report.model import Report

#: Exit code when a finding is as grave as `--fail-on` says.
FOUND = 3
#: Exit code when the script was ended because of `--stop-when`.
STOPPED = 4
#: Exit code when `--fail-on` asks for a verdict and the run could not be watched.
UNWATCHED = 5
#: Seconds to wait for the other ranks of a `torchrun` to end. Chosen by us: a record is closed in well under one.
OTHERS = 5.0


def _stages() -> str:
    """What `--stop-when` does, in words."""
    (first, seconds), (second, more), (last, _) = STAGES
    return (
        f"{first.name}, as by Ctrl-C; if it still runs {seconds:.0f} s later, {second.name}; and {more:.0f} s after "
        f"that, {last.name}"
    )


@click.command(cls=ScriptCommand, context_settings={"allow_interspersed_args": False})
@click.option("-m", "module", metavar="MODULE", help="Run a module, as `python -m MODULE` does.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the result to FILE as JSON."
)
@click.option(
    "--fail-on",
    type=click.Choice(["warning", "error"]),
    help=f"Exit with code {FOUND} if there is a finding this grave, with {UNWATCHED} if the run could not be watched. "
    "A script that fails keeps its own exit code.",
)
@click.option(
    "--stop-when",
    type=click.Choice(["warning", "error"]),
    help=f"End the script early, with exit code {STOPPED}, once a finding this grave has been made twice in a row. It "
    f"is sent {_stages()}.",
)
@click.option(
    "--budget",
    type=click.FloatRange(0, 1),
    default=BUDGET,
    show_default=True,
    help="Fraction of the run's time that watching may take (0.01 is 1%), beyond a small fixed number of sampled "
    "steps. 1 samples every step.",
)
@click.option(
    "--record-limit",
    callback=size,
    default=size_of(LIMIT),
    show_default=True,
    metavar="SIZE",
    envvar="RECTIFIER_RECORD_LIMIT",
    show_envvar=True,
    help=f"What all records in {runs.ROOT} may take: 500MB, 2GB, none. Beyond it the oldest are removed after the run, "
    f"but never one under way or the last {LAST}.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="SCRIPT [ARGS]...")
def command(
    module: str | None,
    json_file: Path | None,
    fail_on: str | None,
    stop_when: str | None,
    budget: float,
    record_limit: float,
    arguments: tuple[str, ...],
) -> None:
    """Run SCRIPT with ARGS exactly as `python SCRIPT ARGS` would, watch its training, and print a diagnosis.

    Nothing about the run changes: its output, its exit code and its results are the same. The diagnosis goes
    to standard error, the record to .rectifier/runs. Options of Rectifier come before SCRIPT; everything after
    it belongs to the script.

    While it runs, the terminal's title shows step, loss and the worst finding so far, and the signal SIGUSR1 (`kill
    -USR1` of this process) prints the diagnosis so far.
    """
    script = script_of(module, arguments)
    torch_must_be_there("run")
    if json_file is not None:
        must_be_writable(json_file)
    folder = _folder()
    run = runs.Run(
        script=script,
        arguments=arguments if module else arguments[1:],
        directory=str(Path.cwd()),
        started=time.time(),
        launched=True,
    )
    if runs.leads():
        run.save(folder)
    live = Live(folder, stop_when)
    try:
        status = launch([*(["-m", module] if module else []), *arguments], folder, budget, live)
    finally:
        live.end()
    exit_code = status if status >= 0 else 128 - status
    run = replace(run, ended=time.time(), exit_code=exit_code, ended_by=live.ended_by)
    if live.failed:
        click.echo(f"rectifier: could not be followed while it ran: {live.failed}", err=True)
    if live.ended_by is not None:
        click.echo(f"rectifier: ended the script early (--stop-when {stop_when}): {live.stopped}", err=True)
    if not runs.leads():
        end_as(status)  # the first process speaks for all that torchrun started
    report = None
    try:
        _wait_for_others(folder)
        run.save(folder)
        report = _diagnose(folder, json_file)
        if report is not None:
            replace(run, verdict=report.verdict).save(folder)
    except Exception as error:  # noqa: BLE001  the exit code is the script's, whatever became of the record
        gone = "its record was removed while it ran" if not folder.exists() else f"{type(error).__name__}: {error}"
        click.echo(f"rectifier: the run cannot be diagnosed: {gone}", err=True)
    _make_room(folder.parent, record_limit)
    if live.ended_by is not None:
        sys.exit(STOPPED)
    if status > 0:
        hint(click.get_current_context())
    if fail_on is not None and status == 0:
        if report is not None and {finding.severity for finding in report.findings} & {"error", fail_on}:
            sys.exit(FOUND)
        if report is None or not report.run.watched:
            sys.exit(UNWATCHED)
    end_as(status)


def _wait_for_others(folder: Path) -> None:
    """The other ranks end when this one does, but not at the same moment."""
    from rectifier.record.reader import DamagedRecordError, Record

    deadline = time.monotonic() + OTHERS
    try:
        while runs.shared() and Record(folder).unended and time.monotonic() < deadline:
            time.sleep(0.1)
    except DamagedRecordError:
        pass  # the diagnosis says so


def _folder() -> Path:
    try:
        return runs.create()
    except OSError as error:
        folder = runs.create(Path(tempfile.mkdtemp(prefix="rectifier-")) / "runs")
        click.echo(f"rectifier: cannot write to {runs.ROOT} ({error.strerror}); recording in {folder}", err=True)
        return folder


def _make_room(root: Path, limit: float) -> None:
    """Remove the oldest records where all of them take more than they may."""
    try:
        removed = remove(kept(root), limit=limit)
    except OSError:
        return  # a folder that somebody else is changing: after the next run, then
    if removed:
        click.echo(
            f"rectifier: removed {told(removed)} from {root}, so that its records take no more than {size_of(limit)} "
            f"(--record-limit); the last {LAST} runs always stay",
            err=True,
        )


def _diagnose(folder: Path, json_file: Path | None) -> "Report | None":
    """Print the report and return it; None where the record cannot be read."""
    from rectifier.diagnose.diagnosis import diagnose
    from rectifier.record.reader import DamagedRecordError, Record
    from rectifier.report.model import Report
    from rectifier.report.text import show

    try:
        report = Report.of(diagnose(Record(folder)))
    except DamagedRecordError as error:
        click.echo(f"rectifier: the run was recorded but cannot be diagnosed: {error}", err=True)
        return None
    show(report)
    if json_file is not None:
        report.save(json_file)
    return report
