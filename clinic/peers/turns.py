"""What steps cost with each peer: the same scripts, each peer beside the script alone, turn by turn."""

import importlib
import json
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.malloc import KEPT

#: Scripts with fewer steps say nothing of what a step costs.
FEWEST = 100
#: Per peer and script: processor time over that of the script alone, round by round, of the whole script and of the
#: second half of its steps.
Ratios = dict[str, dict[str, list[tuple[float, float]]]]


class Asked:
    """A driver process of one peer that waits to be told a script."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [*command, "--asked"],
            env=dict(environment) | KEPT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Asked":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def seconds(self, script: str) -> tuple[float, float] | None:
        """Processor time from the first step to the last, and of the second half of them; None if it failed or has too
        few."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(script, file=self._process.stdin, flush=True)
        result: dict[str, Any] = json.loads(self._process.stdout.readline())
        enough = result["failure"] is None and result["steps"] >= FEWEST
        return (float(result["seconds"]), float(result["late"])) if enough else None


def alone_of(peer: str) -> str:
    """Whom its cost is held against: the script alone, driven as it is or not at all."""
    return "nobody" if importlib.import_module(f"clinic.peers.{peer}").DRIVEN else "undriven"


def measure(drivers: Mapping[str, Asked], scripts: Sequence[str], rounds: int, kept: Path) -> Ratios:
    """Every script `rounds` times with each of `drivers`, two of them nobody: who begins changes with each round.
    Kept script by script, so that it goes on where it was stopped."""
    found: Ratios = json.loads(kept.read_text()) if kept.exists() else {name: {} for name in drivers}
    for script in scripts:
        if script in found["nobody"]:
            continue
        seconds: dict[str, list[tuple[float, float] | None]] = {name: [] for name in drivers}
        for turn in range(rounds):
            order = [*drivers][turn % len(drivers) :] + [*drivers][: turn % len(drivers)]
            for name in order:
                seconds[name].append(drivers[name].seconds(script))
        for name, measured in seconds.items():
            pairs = zip(measured, seconds[alone_of(name)], strict=True)
            found[name][script] = [(s[0] / alone[0], s[1] / alone[1]) for s, alone in pairs if s and alone]
        kept.write_text(json.dumps(found))
    return found


def cost(ratios: Mapping[str, Sequence[tuple[float, float]]], *, late: bool) -> str:
    """The median over scripts of the median over rounds, and the middle half of the scripts."""
    each = [statistics.median(r[late] for r in rounds) for rounds in ratios.values() if rounds]
    if len(each) < 4:
        return ""
    low, middle, high = statistics.quantiles(each, n=4)
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"
