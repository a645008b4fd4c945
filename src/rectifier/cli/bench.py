"""`rectifier bench`: how fast Rectifier is on this machine, beside its peers."""

import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from rectifier import catalogue
from rectifier.bench.case import DTYPES, MODES, WHATS
from rectifier.names import unknown
from rectifier.report import terminal

#: Seconds after which the JSON is written again, so that an hour of timing is not lost to a crash.
SAVE_EVERY = 60


Callback = Callable[[click.Context, click.Parameter, str | None], Any]


def _several(kind: str, known: tuple[str, ...]) -> Callback:
    """Several of these, separated by commas."""

    def read(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...] | None:
        if value is None:
            return None
        words = tuple(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))
        if not words:
            raise click.BadParameter(f"name at least one {kind}, such as {known[-1]}")
        for word in words:
            if word not in known:
                raise click.BadParameter(unknown(kind, word, known))
        return words

    return read


def _sizes(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """Numbers of elements, separated by commas; 2^20 and 2**20 are understood."""
    found = []
    for word in [] if value is None else value.split(","):
        base, _, power = word.strip().replace("_", "").replace("**", "^").partition("^")
        if not base.isdecimal() or (power and not power.isdecimal()) or len(base) > 10 or len(power) > 2:
            raise click.BadParameter(f"{word.strip()!r} is no number of elements: give e.g. 4096,2^20")
        number = int(base) ** int(power or 1)
        if not 2 <= number <= 1 << 32:
            raise click.BadParameter(f"{word.strip()!r} elements: give from 2 to 2^32")
        found.append(number)
    return tuple(dict.fromkeys(found)) or None


@click.command
@click.argument("names", nargs=-1, metavar="[NAMES]...")
@click.option("--full", is_flag=True, help="Everything: every member, size, type and peer. Takes about an hour.")
@click.option("--sizes", callback=_sizes, metavar="N,...", help="Numbers of elements, such as 4096,2^20.")
@click.option("--dtypes", callback=_several("type", DTYPES), metavar="TYPE,...", help=f"Of {', '.join(DTYPES)}.")
@click.option(
    "--what", "whats", callback=_several("quantity", WHATS), metavar="WHAT,...", help=f"Of {', '.join(WHATS)}."
)
@click.option("--out", "modes", flag_value=MODES[0], help="Only into arrays that exist.")
@click.option("--new", "modes", flag_value=MODES[1], help="Only as new arrays.")
@click.option(
    "--peers", metavar="NAME,...",
    help="Who is compared (`--info` lists them), all, or none. Unasked: all that are installed and need not compile "
    "for seconds.",
)  # fmt: skip
@click.option("--rounds", type=click.IntRange(1), help="Run each cell at least this many times.")
@click.option("--seconds", type=click.FloatRange(0), help="Run each cell for at least this many seconds.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the result to FILE as JSON."
)
@click.option("--markdown", "page_file", type=click.Path(path_type=Path), metavar="FILE", help="Write a page of it.")
@click.option("--info", is_flag=True, help="Only say what it would run on: instruction sets, threads, versions.")
def command(
    names: tuple[str, ...],
    full: bool,
    sizes: tuple[int, ...] | None,
    dtypes: tuple[str, ...] | None,
    whats: Any,
    modes: Any,
    peers: str | None,
    rounds: int | None,
    seconds: float | None,
    json_file: Path | None,
    page_file: Path | None,
    info: bool,
) -> None:
    """Time activations beside a copy of the same bytes and beside every peer that is installed.

    NAMES are activations; unasked, a few. Runs are interleaved; shown are medians.

    Examples: rectifier bench, rectifier bench gelu silu --sizes 2^20 --dtypes float32,float64
    """
    from rectifier.bench.machine import machine
    from rectifier.bench.markdown import page
    from rectifier.bench.peers import PeerError, chosen
    from rectifier.bench.plan import QUICK
    from rectifier.bench.plan import full as everything
    from rectifier.bench.run import begin, run
    from rectifier.bench.text import information, render

    console = _console()
    if info:
        console.print(information(machine()))
        return
    for name in names:
        if name not in catalogue.names():
            raise click.UsageError(unknown("activation", name, catalogue.names()))
    for option, file in (("--json", json_file), ("--markdown", page_file)):
        if file is not None:
            _must_be_writable(option, file)
    try:
        given = {
            "names": names or None, "sizes": sizes, "dtypes": dtypes, "whats": whats,
            "rounds": rounds, "seconds": seconds, "modes": (modes,) if modes else None,
            "peers": None if peers is None else chosen(word.strip() for word in peers.split(",")),
        }  # fmt: skip
    except PeerError as error:
        raise click.UsageError(f"--peers: {error}") from None
    plan = replace(everything() if full else QUICK, **{key: value for key, value in given.items() if value is not None})
    results, saved = begin(plan), 0.0
    try:
        with Console(stderr=True).status("") as status:
            for share, label in run(plan, results):
                status.update(f"{share:.0%}  {label}")
                if json_file is not None and results.took - saved > SAVE_EVERY:
                    results.save(json_file)
                    saved = results.took
    except KeyboardInterrupt:
        click.echo("rectifier: stopped; this is what was measured until then", err=True)
    console.print(render(results))
    if json_file is not None:
        results.save(json_file)
    if page_file is not None:
        page_file.write_text(page(results, _typed()), encoding="utf-8")


def _typed() -> str:
    """The command, without where on this machine its files lie."""
    words = [Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:]]
    return shlex.join(["rectifier", *words])


def _console() -> Console:
    """As wide as the terminal; where there is none, as wide as the table."""
    console = terminal.console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 140
    return console


def _must_be_writable(option: str, file: Path) -> None:
    # Said before an hour of timing, not after it.
    if file.is_dir() or not file.parent.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise click.UsageError(f"{option} {str(file)!r} cannot be written: give a file in a folder that exists")
