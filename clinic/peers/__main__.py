"""Every peer, and Rectifier, on the clinic's scripts, side by side.

    python -m clinic.peers [--only PATTERNS] [--every N] [--jobs N] [--turns N] [--rounds N] [--markdown FILE] [--again]

Each peer is installed into an environment of its own under build/peers, which shares torch with this one. What was
heard before is kept there and not asked again, unless with --again. What steps cost is measured afterwards on the N
scripts that run longest (--turns), one process at a time: nothing else should run then. Rectifier's verdicts are
`rectifier run`'s, of which the reports lie in build/clinic (python -m clinic).
"""

import argparse
import contextlib
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import clinic.peers
from clinic.cases import cases
from clinic.peers.table import table
from clinic.peers.turns import FEWEST, Asked, Ratios, measure

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "peers"
#: Modules of this folder that are no peer.
TOOLS = {"__main__", "drive", "table", "turns"}


def peers() -> list[str]:
    """All of them, Rectifier and nobody among them."""
    return [m.name for m in pkgutil.iter_modules(clinic.peers.__path__) if m.name not in TOOLS]


def python_of(name: str) -> Path:
    """The Python with that peer in it; installs what is not there."""
    package = importlib.import_module(f"clinic.peers.{name}").PACKAGE
    if not package:
        return Path(sys.executable)
    python = BUILD / name / "bin" / "python"
    stamp = BUILD / name / "installed"
    if not stamp.exists() or stamp.read_text() != package:
        subprocess.run([sys.executable, "-m", "venv", BUILD / name], check=True)
        inside = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        site = Path(subprocess.run(inside, capture_output=True, text=True, check=True).stdout.strip())
        shared = [p for p in sys.path if p.endswith("site-packages")] or [sysconfig.get_path("purelib")]
        (site / "shared.pth").write_text("\n".join(shared) + "\n")  # torch and all is taken from here
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", package], check=True)
        stamp.write_text(package)
    return python


def hear(name: str, only: str, every: int) -> None:
    """What one peer says of the scripts, into build/peers/NAME.jsonl."""
    options = [str(BUILD / f"{name}.jsonl"), "--only", only, "--every", str(every)]
    subprocess.run([*_driver(name), *options], env=_environment(), check=True)


def _driver(name: str) -> list[str]:
    return [str(python_of(name)), "-m", "clinic.peers.drive", name]


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def take_turns(scripts: list[str], rounds: int) -> Ratios:
    """What steps cost with each peer, over what they cost alone."""
    with contextlib.ExitStack() as stack:
        drivers = {name: stack.enter_context(Asked(_driver(name), _environment())) for name in peers()}
        return measure(drivers, scripts, rounds, BUILD / "turns.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*", help="shell patterns of names, parted by commas")
    parser.add_argument("--every", type=int, default=1, help="only every Nth script")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--turns", type=int, default=12, help="measure what steps cost on so many scripts")
    parser.add_argument("--rounds", type=int, default=3, help="how often")
    parser.add_argument("--markdown", type=Path, help="where to write the table")
    parser.add_argument("--again", action="store_true", help="ask anew what was heard before")
    arguments = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    asked = [name for name in peers() if name != "undriven"]  # it says nothing, and is only timed
    if arguments.again:
        for name in peers():
            (BUILD / f"{name}.jsonl").unlink(missing_ok=True)
        (BUILD / "turns.json").unlink(missing_ok=True)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(lambda name: hear(name, arguments.only, arguments.every), asked))
    heard: dict[str, dict[str, Any]] = {}
    for name in asked:
        results = map(json.loads, (BUILD / f"{name}.jsonl").read_text().splitlines())
        heard[name] = {result["name"]: result for result in results}
    alone = [result for result in heard["nobody"].values() if result["steps"] >= FEWEST]
    alone.sort(key=lambda result: -float(result["seconds"]))
    turns = take_turns([result["name"] for result in alone[: arguments.turns]], arguments.rounds)
    shown = table(list(cases(arguments.only)), heard, turns)
    if arguments.markdown:
        arguments.markdown.write_text(shown)
    print(shown)


if __name__ == "__main__":
    main()
