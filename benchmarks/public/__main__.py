"""Public training scripts, plain twice and watched once: what watching changes, and what it says of them.

    python -m benchmarks.public --checkouts DIR [--only NAME]... [--markdown docs/public_scripts.md]

DIR holds a git checkout of each repository of `manifest.toml`, named OWNER+NAME, at the commit given there. What each
script printed, wrote and left in the record is kept in build/public; so are plain runs, which are not repeated. The
table is written from the last run of every script; of one that was not run here the page keeps the row it has.
"""

import argparse
import fcntl
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.public import compare, environment
from benchmarks.public.execute import Ended, execute, keep, kept
from benchmarks.public.manifest import Script, scripts

KEPT = Path("build") / "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is said of one script."""

    code: int
    code_same: str
    stdout: str
    stderr: str
    files: str
    steps: int
    looked_at: int
    findings: list[str]  #: severity, rule and places
    accused: bool  #: whether there is an error or a warning
    lost: list[str]  #: what the watcher says it could not see
    progress: str  #: by the script's own figure
    seconds: float  #: CPU time of a plain run
    ratio: float  #: of the watched run's to that
    rectifier: str  #: the commit that watched

    @property
    def changed(self) -> bool:
        """Whether watching has changed anything."""
        return any(compare.DIFFERENT in text for text in (self.code_same, self.stdout, self.stderr, self.files))


RUNS = ("watched", "plain", "again")


def run(script: Script, checkouts: Path, python: str, folder: Path) -> None:
    """Run a script watched and, unless that is kept of an earlier time, plain twice. All is kept in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in RUNS:
        file = folder / f"{name}.pickle"
        if name == "watched" or kept(file, script) is None:  # plain runs do not depend on Rectifier
            ended = execute(script, checkouts, folder.absolute().with_name("copy"), python, watched=name == "watched")
            keep(file, script, ended)
            ended.save(folder / name)
            if name == "watched":
                (folder / "rectifier").write_text(_commit())


def _commit() -> str:
    """The last one that changed Rectifier, with a mark if it has been changed since."""

    def git(*command: str) -> str:
        place = ["git", "-C", str(Path(__file__).parents[2])]
        done = subprocess.run([*place, *command, "--", "src"], capture_output=True, text=True, check=False)
        return done.stdout.strip()

    return git("log", "-1", "--format=%h") + (", changed" if git("status", "--short") else "") or version("rectifier")


def line(script: Script, folder: Path) -> Line | None:
    """Compare the three runs; None if they are not all there."""
    watched, plain, again = (kept(folder / f"{name}.pickle", script) for name in RUNS)
    if watched is None or plain is None or again is None:
        return None
    report = watched.report or {"run": {"steps": 0, "looked_at": 0}, "findings": [], "not_judged": []}
    unseen = [entry["because"] for entry in report["not_judged"] if entry["rule"] == "watch"]
    seconds = (plain.cpu + again.cpu) / 2
    return Line(
        code=plain.code,
        code_same=compare.judged(plain.code, again.code, watched.code),
        stdout=compare.text(lambda run: run.stdout, plain, again, watched),
        stderr=compare.text(lambda run: run.stderr, plain, again, watched),
        files=compare.files(plain, again, watched),
        steps=report["run"]["steps"],
        looked_at=report["run"]["looked_at"],
        findings=[_finding(each) for each in report["findings"]],
        accused=any(each["severity"] != "info" for each in report["findings"]),
        lost=unseen if watched.report else ["there is no report"],
        progress=_progress(script, plain),
        seconds=seconds,
        ratio=watched.cpu / seconds,
        rectifier=(folder / "rectifier").read_text(),
    )


def _finding(found: dict[str, Any]) -> str:
    places = [place["layer"] for place in found["where"]]
    at = f" ({', '.join(places[:3])}{', ...' if len(places) > 3 else ''})" if places else ""
    return f"{found['severity']} {found['rule']}{at}"


def _progress(script: Script, run: Ended) -> str:
    if script.figure is None:
        return "-"
    found = run.figures(script.figure)
    if not found:
        return "not printed"
    return f"{found[0]:.4g} to {found[-1]:.4g}" if len(found) > 1 else f"{found[0]:.4g}"


HEAD = """# Public scripts

Training scripts of public repositories, which nobody here wrote, each run from an unchanged checkout at its published
settings, shortened only by options of its own or by smaller data: `benchmarks/public/manifest.toml` has commits,
arguments and data. Each runs twice as `python` runs it and once under `rectifier run` with the default budget. What two
plain runs have in common must be the same under Rectifier: exit code, standard output, standard error (without the
report), and every file that is written (of checkpoints: every tensor, to the last bit). A script that does not seed its
random numbers finds them seeded from outside. Where a script would download images, scikit-learn's digits stand in for
them, a tokenizer of bytes and a metric for those of the hub, gymnasium for gym (`benchmarks/public/stand_ins`).

Progress is what the script itself prints, from the first such figure to the last. All of these are known to train well,
so an error or a warning is a false alarm unless the column says that the illness was measured without Rectifier. The
CPU time of the watched run over that of the plain ones is no benchmark: each ran once, on a machine with other work,
and in runs of seconds it holds little else than Rectifier's start and its report. The last column has the commit that
watched: a script whose repository was not there when the page was written keeps its row. Written by `make public`.

The scripts from torchdiffeq on were chosen for several networks, recurrence, closures, copies, losses or processes, by
reading them, before Rectifier was run on any of them.
"""
COLUMNS = (
    "script", "what is unusual", "its own progress", "exit code", "stdout", "stderr", "files", "steps (looked at)",
    "findings", "not seen", "CPU time", "Rectifier",
)  # fmt: skip


def _title(script: Script) -> str:
    name = f"{script.repository.partition('/')[2]} `{script.path}`"
    options = f" `{' '.join(script.arguments)}`" if script.arguments else ""
    return (name + options).replace("|", "/")


def row(script: Script, one: Line) -> str:
    """A line of the table."""
    findings = "; ".join(one.findings) or "none"
    truth = script.ill or script.well
    cells = [
        _title(script),
        script.about,
        one.progress,
        f"{one.code}, {one.code_same}",
        one.stdout,
        one.stderr,
        one.files,
        f"{one.steps} ({one.looked_at})",
        f"{findings}. {truth}" if truth else findings,
        "; ".join(one.lost) or "-",
        f"{one.ratio:.2f} of {one.seconds:.0f} s",
        one.rectifier,
    ]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def rows(page: Path) -> dict[str, str]:
    """The lines of the table that a page has, by their first cell."""
    lines = page.read_text().splitlines() if page.exists() else []
    found = [one for one in lines if one.startswith("| ")]
    return {one.split(" | ")[0].removeprefix("| "): one for one in found}


def _accused(cells: str) -> bool:
    findings = cells.split(" | ")[COLUMNS.index("findings")]
    return re.search(r"(?:^|; )(?:error|warning) ", findings) is not None


def written(everything: list[Script], page: Path, there: dict[str, Line]) -> str:
    """The page: a row of each script that was run, now or when the page that there is was written."""
    lines = rows(page)
    lines = {script.name: lines[_title(script)] for script in everything if _title(script) in lines} | {
        script.name: row(script, there[script.name]) for script in everything if script.name in there
    }
    run = [script for script in everything if script.name in lines]
    unchanged = sum(compare.DIFFERENT not in lines[script.name] for script in run)
    accused = sum(_accused(lines[script.name]) and not script.ill for script in run)
    missed = sum(not _accused(lines[script.name]) for script in run if script.ill)
    counts = (
        f"\n{len(run)} of the manifest's {len(everything)} scripts were run: {unchanged} unchanged by watching, "
        f"{accused} accused of an illness that they do not have, {missed} whose illness was not named. "
        f"torch {version('torch')}.\n\n"
    )
    table = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}\n"
    return HEAD + counts + table + "\n".join(lines[script.name] for script in run) + "\n"


def bad(script: Script, one: Line) -> bool:
    """Whether something is to be mended: a difference, an accused healthy script, an ill one that is not accused."""
    return one.changed or one.accused != bool(script.ill)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkouts", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="scripts whose name holds this; may be repeated"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    everything = scripts()
    KEPT.mkdir(parents=True, exist_ok=True)
    alone = (KEPT / "lock").open("w")
    try:
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until this process ends
    except BlockingIOError:
        parser.error(f"another run uses {KEPT.absolute()}: wait until it has ended")
    python = environment.python()
    asked = [one for one in everything if arguments.only is None or any(part in one.name for part in arguments.only)]
    for script in asked:
        if script.commit and not (arguments.checkouts / script.checkout).is_dir():
            print(f"not run, as {script.repository} is not among the checkouts: {script.name}", file=sys.stderr)
        else:
            run(script, arguments.checkouts, python, _folder(script))
            if (one := line(script, _folder(script))) is not None:
                print(row(script, one), flush=True)
    there = [(script, one) for script in everything if (one := line(script, _folder(script))) is not None]
    mend = [script.name for script, one in there if bad(script, one)]
    if arguments.markdown:
        lines = {script.name: one for script, one in there}
        arguments.markdown.write_text(written(everything, arguments.markdown, lines))
    if mend:
        print("to be mended:", ", ".join(mend), file=sys.stderr)
    sys.exit(bool(mend))


def _folder(script: Script) -> Path:
    return KEPT / script.name.replace("/", "_").replace(" ", "_")


if __name__ == "__main__":
    main()
