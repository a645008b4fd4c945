"""Running the scripts of `scripts/` plain and watched, and what each one says must be seen of it.

A script says so itself: `# expect: KEY = VALUE` (TOML) near its top, and `# seen: LAYER ACTIVATION UNITS` on the line
that calls an activation, several divided by `;`, with `@ any` at its end where that line is not the one recorded.

    optimizers   class names, in order of first step
    steps        how many each took
    samples      all the different numbers of samples that a look saw at one activation
    losses       whether the recorded losses are those that the script prints on its line `losses ...`
    parameters   names that are among the measured ones
    skipped      steps that a GradScaler left out
    processes    how many processes left a record
    unseen       texts that the report must hold as not judged; without it there are none
"""

import multiprocessing
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPTS = sorted(p for p in (Path(__file__).with_name("scripts")).glob("*.py") if p.stem != "bits")
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["torch", "torch._dynamo"])


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be seen of a script."""

    sites: frozenset[tuple[str, str, int, str]]  #: layer, activation, units, `file:line` (or `any`)
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a script ended."""

    stdout: str
    stderr: str
    code: int
    folder: Path  #: where it ran

    @property
    def own_stderr(self) -> str:
        """What the script itself wrote to standard error: before the report, without what torch's log puts in front of
        its lines (time, process, and a path that depends on how Python was started)."""
        own = self.stderr.partition("rectifier ──")[0]
        return re.sub(r"(?m)^([A-Z])\d{4} [\d:.]+ \d+ \S+\] ", r"\1 ", own)

    @property
    def record(self) -> Path:
        """The folder of its record."""
        (found,) = (self.folder / ".rectifier" / "runs").iterdir()
        return found


def expected(script: Path) -> Expected:
    """What a script says of itself."""
    sites, facts = [], []
    for number, line in enumerate(script.read_text().splitlines(), 1):
        if (found := re.search(r"# expect: (.*)", line)) is not None:
            facts.append(found[1])
        if (found := re.search(r"# seen: (.*?)( @ any)?$", line)) is not None:
            for site in found[1].split(";"):
                layer, activation, units = site.split()
                sites.append((layer, activation, int(units), "any" if found[2] else f"{script.name}:{number}"))
    return Expected(frozenset(sites), tomllib.loads("\n".join(facts)))


def copied(script: Path, folder: Path) -> Path:
    """The script in a folder of its own."""
    folder.mkdir(parents=True)
    for file in (script, script.with_name("bits.py")):
        shutil.copy(file, folder)
    return folder / script.name


def plain(script: Path, folder: Path) -> Ended:
    """As `python` runs it."""
    copy = copied(script, folder / "plain")
    return forked([copy.name], copy.parent)


def forked(arguments: list[str], folder: Path) -> Ended:
    """What `python ARGUMENTS` does in a folder, but in a process that is forked from one that has imported torch
    already: hardly any of the time is left."""
    out, err = folder / "out.txt", folder / "err.txt"
    process = FORKS.Process(target=_run, args=(arguments, folder, out, err))
    process.start()
    process.join(300)
    assert process.exitcode is not None, "no end in 300 s"
    return Ended(out.read_text(), err.read_text(), process.exitcode, folder)


def _run(arguments: list[str], folder: Path, *outputs: Path) -> None:
    os.chdir(folder)
    for number, output in enumerate(outputs, 1):
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT), number)
    sys.argv = arguments
    script = Path(arguments[0]).absolute()
    sys.path.insert(0, str(script.parent))
    runpy.run_path(str(script), run_name="__main__")


def watched(script: Path, folder: Path, budget: float = 1.0) -> Ended:
    """Under `rectifier run`; a budget of 1 looks at every step: all that looking can disturb, it disturbs."""
    copy = copied(script, folder / "watched")
    command = [sys.executable, "-m", "rectifier", "run", "--json", "report.json", "--budget", str(budget), script.name]
    ended = subprocess.run(command, cwd=copy.parent, capture_output=True, text=True, timeout=300)
    return Ended(ended.stdout, ended.stderr, ended.returncode, copy.parent)
