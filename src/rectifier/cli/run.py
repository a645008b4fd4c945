"""`rectifier run`: run a training script exactly as `python` would, watch it, then say what is ill."""

import difflib
import importlib.util
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click

from rectifier.cli._live import Live
from rectifier.record import runs
from rectifier.watcher.launch import end_as, launch

#: Exit code when a finding is as grave as `--fail-on` says.
FOUND = 3
#: Exit code when the script was ended because of `--stop-when`.
STOPPED = 4
#: Seconds to wait for the other ranks of a `torchrun` to end. Chosen by us: a record is closed in well under one.
OTHERS = 5.0


class _Run(click.Command):
    """What follows `-m MODULE` belongs to the module, as it does for `python`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        valued = {name for p in self.params if isinstance(p, click.Option) and not p.is_flag for name in p.opts}
        position = 0
        while position < len(args) and args[position].startswith("-") and args[position] != "--":
            if args[position] == "-m":
                args = [*args[: position + 2], "--", *args[position + 2 :]]
                break
            position += 2 if args[position] in valued else 1
        return super().parse_args(ctx, args)


@click.command(cls=_Run, context_settings={"allow_interspersed_args": False})
@click.option("-m", "module", metavar="MODULE", help="Run a module, as `python -m MODULE` does.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the report as JSON.")
@click.option(
    "--fail-on",
    type=click.Choice(["warning", "error"]),
    help=f"Exit with code {FOUND} if there is a finding this grave. A script that fails keeps its own exit code.",
)
@click.option(
    "--stop-when",
    type=click.Choice(["warning", "error"]),
    help=f"End the script early, with exit code {STOPPED}, once a finding this grave has been made twice in a row.",
)
@click.option(
    "--budget",
    type=click.FloatRange(0, 1),
    default=0.02,
    show_default=True,
    help="Share of the run's time that watching may cost, beyond the first few looks; 1 looks at every step.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="SCRIPT [ARGS]...")
def command(
    module: str | None,
    json_file: Path | None,
    fail_on: str | None,
    stop_when: str | None,
    budget: float,
    arguments: tuple[str, ...],
) -> None:
    """Run SCRIPT with ARGS exactly as `python SCRIPT ARGS` would, watch its training, and print a diagnosis.

    Nothing about the run changes: its output, its exit code and its results are the same. The diagnosis goes
    to standard error, the record to .rectifier/runs. Options of Rectifier come before SCRIPT; everything after
    it belongs to the script.

    While it runs, the terminal's title shows step, loss and the worst finding so far, and the signal SIGUSR1 (`kill
    -USR1` of this process) prints the diagnosis so far.
    """
    script = _script(module, arguments)
    if importlib.util.find_spec("torch") is None:
        raise click.ClickException(
            "`rectifier run` watches PyTorch training, and torch is not installed in this environment "
            f'({sys.prefix}). Install it with: pip install "rectifier[torch]"'
        )
    if json_file is not None:
        _must_be_writable(json_file)
    folder = _folder()
    run = runs.Run(
        script=script,
        arguments=arguments if module else arguments[1:],
        directory=str(Path.cwd()),
        started=time.time(),
    )
    if runs.leads():
        run.save(folder)
    live = Live(folder, stop_when)
    try:
        status = launch([*(["-m", module] if module else []), *arguments], folder, budget, live)
    finally:
        live.end()
    run = replace(run, ended=time.time(), exit_code=status if status >= 0 else 128 - status)
    if live.failed:
        click.echo(f"rectifier: could not be followed while it ran: {live.failed}", err=True)
    if live.stopped is not None:
        click.echo(f"rectifier: ended the script early (--stop-when {stop_when}): {live.stopped}", err=True)
    if not runs.leads():
        end_as(status)  # the first process speaks for all that torchrun started
    grave: set[str] = set()
    try:
        _wait_for_others(folder)
        run.save(folder)
        grave = _diagnose(folder, json_file)
    except Exception as error:  # noqa: BLE001  the exit code is the script's, whatever became of the record
        gone = "its record was removed while it ran" if not folder.exists() else f"{type(error).__name__}: {error}"
        click.echo(f"rectifier: the run cannot be diagnosed: {gone}", err=True)
    if live.stopped is not None:
        sys.exit(STOPPED)
    if fail_on is not None and status == 0 and grave & {"error", fail_on}:
        sys.exit(FOUND)
    end_as(status)


def _script(module: str | None, arguments: tuple[str, ...]) -> str:
    if module is not None:
        return f"-m {module}"
    if not arguments:
        raise click.UsageError("no script was given. Try: rectifier run train.py")
    path = Path(arguments[0])
    if not path.exists():
        close = difflib.get_close_matches(str(path), map(str, path.parent.glob("*.py")), n=1)
        hint = f": did you mean {close[0]!r}?" if close else f" (looked in {Path.cwd()})."
        raise click.UsageError(f"there is no script {str(path)!r}{hint}")
    if path.is_dir() and not (path / "__main__.py").exists():
        raise click.UsageError(f"{str(path)!r} is a directory without a __main__.py; give the script to run")
    return arguments[0]


def _must_be_writable(file: Path) -> None:
    # Said before a run of hours, not after it.
    if file.is_dir() or not file.parent.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise click.UsageError(f"--json {str(file)!r} cannot be written: give a file in a folder that exists")


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


def _diagnose(folder: Path, json_file: Path | None) -> set[str]:
    from rectifier.diagnose.diagnosis import diagnose
    from rectifier.record.reader import DamagedRecordError, Record
    from rectifier.report.model import Report
    from rectifier.report.text import show

    try:
        report = Report.of(diagnose(Record(folder)))
    except DamagedRecordError as error:
        click.echo(f"rectifier: the run was recorded but cannot be diagnosed: {error}", err=True)
        return set()
    show(report)
    for note in folder.glob("not-watched.txt"):
        click.echo(f"rectifier: the script was not watched: {note.read_text().strip()}", err=True)
    if json_file is not None:
        report.save(json_file)
    return {finding.severity for finding in report.findings}
