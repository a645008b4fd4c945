"""`rectifier compare`: which activation is best for a training script."""

import json
import sys
from pathlib import Path

import click

from rectifier import catalogue
from rectifier.cli import _trials
from rectifier.cli._script import ScriptCommand, must_be_writable


@click.command(cls=ScriptCommand, context_settings={"allow_interspersed_args": False})
@click.option(
    "--activations",
    default="relu,leaky_relu,prelu,elu,gelu",
    show_default=True,
    metavar="NAMES",
    help="Those to compare, separated by commas.",
)
@_trials.options
def command(
    activations: str,
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
    arguments: tuple[str, ...],
) -> None:
    """Run SCRIPT with ARGS once for every activation and seed, and say which activation serves it best.

    The script as it is takes part as the reference; every other activation is put in the place of the one it uses most.
    Differences are paired by seed. Where none is beyond the noise, that is the answer.

    Options of Rectifier come before SCRIPT; everything after it belongs to the script.
    """
    from rectifier.report.activations import render
    from rectifier.report.text import console
    from rectifier.treat.choice import NotComparableError, compare

    names = [name.strip() for name in activations.split(",") if name.strip()]
    for name in names:
        try:
            member = catalogue.get(name)
        except catalogue.UnknownActivationError as error:
            raise click.UsageError(str(error)) from None
        if member.kind != "elementwise":
            raise click.UsageError(f"{name} is not applied element by element: the network would need another shape")
    if json_file is not None:
        must_be_writable(json_file)
    program = _trials.program_of("compare", module, arguments, in_place=in_place, timeout=timeout, jobs=jobs)
    shown = _trials.Shown(program, _trials.executor_of(address, jobs, cpus, gpus), fresh=fresh)
    try:
        with shown as series:
            found = compare(series, names, seeds, steps)
    except NotComparableError as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        click.echo(shown.stopped, err=True)
        sys.exit(130)
    console(stderr=False).print(render(found))
    if json_file is not None:
        json_file.write_text(json.dumps(found.to_dict(), indent=2, allow_nan=False) + "\n", encoding="utf-8")
