"""`rectifier treat`: try remedies on a training script, and say which of them cures it."""

import json
import sys
from pathlib import Path

import click

from rectifier.cli import _trials
from rectifier.cli._script import ScriptCommand, must_be_writable


@click.command(cls=ScriptCommand, context_settings={"allow_interspersed_args": False})
@click.option("--write", is_flag=True, help="Make the recommended change in the script; a backup is kept beside it.")
@click.option("--thorough", is_flag=True, help="Try every candidate and compare the best, not only until one cures.")
@_trials.options
def command(
    module: str | None,
    json_file: Path | None,
    seeds: int,
    steps: int | None,
    timeout: float | None,
    jobs: int,
    in_place: bool,
    fresh: bool,
    address: str | None,
    cpus: float,
    gpus: float,
    write: bool,
    thorough: bool,
    arguments: tuple[str, ...],
) -> None:
    """Run SCRIPT with ARGS as it is and under the remedies that its findings call for, and say what cures it.

    Every trial runs in a copy of the working directory, from the first step, with the same seeds and data order. A
    remedy cures if the illness is gone, nothing new has come, and the loss is better beyond its confidence interval,
    paired by seed. The change to make is shown as a diff of SCRIPT.

    Trials are kept in .rectifier/treat. After Ctrl-C or a crash the same command goes on where it was.

    Options of Rectifier come before SCRIPT; everything after it belongs to the script.

    Exit code 0 if a cure was found or none is needed, 1 if nothing helped or nothing could be judged.
    """
    from rectifier.report.text import console, relative
    from rectifier.report.treatment import show
    from rectifier.treat import change
    from rectifier.treat.search import Plan, treat

    if json_file is not None:
        must_be_writable(json_file)
    program = _trials.program_of("treat", module, arguments, in_place=in_place, timeout=timeout, jobs=jobs)
    shown = _trials.Shown(program, _trials.executor_of(address, jobs, cpus, gpus), fresh=fresh)
    try:
        with shown as series:
            answer = treat(series, Plan(seeds=seeds, steps=steps, thorough=thorough))
    except KeyboardInterrupt:
        click.echo(shown.stopped, err=True)
        sys.exit(130)
    show(answer, console(stderr=False), reused=shown.series.reused)
    if json_file is not None:
        json_file.write_text(json.dumps(answer.to_dict(), indent=2, allow_nan=False) + "\n", encoding="utf-8")
    if write and answer.recommended is None:
        click.echo("rectifier: --write: there is no cure to write; nothing was changed", err=True)
    if write and answer.treatment is not None:
        try:
            made = change.change_of(program, answer.treatment, answer.whole)
            backups = change.write(made)
        except (OSError, ValueError) as error:
            raise click.ClickException(f"--write: {error}") from None
        for path, backup in backups.items():
            click.echo(f"rectifier: changed {relative(path)} (backup: {backup.name})", err=True)
    sys.exit(0 if answer.outcome in ("cured", "nothing-to-cure") else 1)
