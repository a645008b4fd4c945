"""Whole processes, timed from outside and interleaved: plain, watched by Rectifier, and with each peer.

    python -m benchmarks.watch_cost [--pairs 10] [--peer-pairs N] [--seconds 60] [--together] [--peers]
        [--markdown docs/watch_cost.md]

A pair is one plain run and one with an instrument, next to each other, in alternating order; the figure is the median
of the pairs' ratios, beside the smallest and the largest. On a machine whose speed changes from minute to minute,
`--together` says more: the two run at the same time, each on a core of its own with everything it starts, and change
places from pair to pair. A second plain run takes Rectifier's place as often: what it shows is noise. Each peer has a
virtual environment of its own under build/peers (`--peers` makes them), which takes torch from this one. `make
bench-watch` does all of it: a few hours on a machine that does nothing else.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

TRAIN = Path(__file__).with_name("train.py")
PEERS = Path("build") / "peers"
#: As pip knows them; the name of the instrument in `train.py`.
INSTALLED = ("torchmortem", "gradsnitch", "torch-module-monitor", "tensorboard", "wandb")
NETS = {
    "mlp-1024": "6 × 1024 MLP, batch 128",
    "conv": "conv net, batch 64 of 32 × 32",
    "mlp-256": "64-256-256-10 MLP, batch 64",
}
#: Plain python as an instrument: what differs from 1 there is the machine.
NOISE = "python again"
#: The most that Rectifier may cost, as this repository promises it.
GOAL = {"mlp-1024": 1.02, "conv": 1.02, "mlp-256": 1.05}
START_UP_GOAL = 0.3


@dataclass(frozen=True, slots=True)
class Cost:
    """One net with one instrument."""

    net: str
    instrument: str
    ratios: tuple[float, ...]
    failed: str = ""

    @property
    def cell(self) -> str:
        """For the table."""
        if self.failed:
            return f"failed: {self.failed}"
        goal = GOAL[self.net] if self.instrument == "rectifier" else None
        missed = " (goal missed)" if goal is not None and statistics.median(self.ratios) > goal else ""
        return f"{statistics.median(self.ratios):.3f} ({min(self.ratios):.3f} to {max(self.ratios):.3f}){missed}"


def install_peers() -> None:
    """A virtual environment for each peer, with everything but torch, which it takes from here."""
    import torch

    here = Path(torch.__file__).parents[1]
    for name in INSTALLED:
        folder = PEERS / name
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        (site,) = (folder / "lib").glob("python*/site-packages")
        (site / "torch-of-rectifier.pth").write_text(f"{here}\n")
        subprocess.run(
            [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "-q", name], check=True
        )


def title(instrument: str) -> str:
    """Its name, with its version where it is a peer."""
    if instrument not in INSTALLED:
        return instrument
    ask = f"import importlib.metadata; print(importlib.metadata.version({instrument!r}))"
    python = str((PEERS / instrument / "bin" / "python").absolute())
    return (
        f"{instrument} {subprocess.run([python, '-c', ask], capture_output=True, text=True, check=True).stdout.strip()}"
    )


def command(instrument: str, net: str, steps: int) -> list[str]:
    """What to time."""
    if instrument in ("plain", NOISE, "rectifier"):
        watched = ["-m", "rectifier", "run"] if instrument == "rectifier" else []
        return [sys.executable, *watched, str(TRAIN), net, str(steps)]
    return [str((PEERS / instrument / "bin" / "python").absolute()), str(TRAIN), net, str(steps), instrument]


def timed(instrument: str, net: str, steps: int, core: int | None = None) -> tuple[float, str]:
    """Seconds from start to end, and why it failed, if it did. `core`: the only one it may use."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        done = subprocess.run(
            command(instrument, net, steps), cwd=folder, capture_output=True, text=True,
            env=os.environ | {"WANDB_DIR": folder, "WANDB_SILENT": "true"}, check=False,
            preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
        )  # fmt: skip
        took = time.perf_counter() - began
    return took, "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["?"])[-1]


def pair(name: str, net: str, steps: int, number: int, *, together: bool) -> tuple[float, float, str]:
    """Seconds of the plain run and of the one with the instrument, and why one failed, if one did."""
    order = ("plain", name) if number % 2 else (name, "plain")
    if together:
        cores = sorted(os.sched_getaffinity(0))[:2]
        with ThreadPoolExecutor(2) as pool:
            both = pool.map(lambda which, core: timed(which, net, steps, core), order, cores)
            took = dict(zip(order, both, strict=True))
    else:
        took = {which: timed(which, net, steps) for which in order}
    return took["plain"][0], took[name][0], took["plain"][1] or took[name][1]


def steps_for(net: str, seconds: float) -> int:
    """How many steps take about so long."""
    start, steps = timed("plain", net, 1)[0], 100
    while (took := timed("plain", net, steps)[0] - start) < seconds / 10:
        steps *= 4  # so far it was hardly more than the start of Python
    return max(50, int(seconds * steps / took))


def costs(
    net: str, instruments: list[str], pairs: int, peer_pairs: int, seconds: float, *, together: bool
) -> list[Cost]:
    """Every instrument on one net: in every round each has its pair, so that all see the same machine."""
    steps = steps_for(net, seconds)
    ratios: dict[str, list[float]] = {name: [] for name in instruments}
    failed: dict[str, str] = {}
    for number in range(pairs):
        for name in [n for n in instruments if n not in failed and (n not in INSTALLED or number < peer_pairs)]:
            plain, took, why = pair(name, net, steps, number, together=together)
            if why:
                failed[name] = why
            ratios[name].append(took / plain)
            print(net, steps, number, name, f"{ratios[name][-1]:.3f}", why, flush=True)
    return [Cost(net, name, tuple(ratios[name]), failed.get(name, "")) for name in instruments]


def start_up(pairs: int, *, together: bool) -> list[float]:
    """Seconds that watching adds to a script that imports torch and trains for five steps, report included."""
    added = []
    for number in range(pairs):
        plain, took, _ = pair("rectifier", "mlp-256", 5, number, together=together)
        added.append(took - plain)
        print("start-up", number, f"{added[-1]:.3f} s", flush=True)
    return added


def table(found: list[Cost], added: list[float], pairs: int, peer_pairs: int, seconds: float, *, together: bool) -> str:
    """docs/watch_cost.md."""
    how = (
        "plain and watched at the same time, a core each, changing places from pair to pair"
        if together
        else "plain and watched next to each other in alternating order"
    )
    instruments = list(dict.fromkeys(c.instrument for c in found))
    cells = {(c.net, c.instrument): c.cell for c in found}
    nets = list(dict.fromkeys(c.net for c in found))
    versions = {name: version(name) for name in ("rectifier", "torch")}
    lines = [
        "# What watching costs",
        "",
        "Time of the whole process, from start to exit, over that of `python`: median (and range) of the pairs'",
        f"ratios. {pairs} pairs for Rectifier and for plain python again (which shows the noise),",
        f"{peer_pairs} for each peer, {how}, about {seconds:g}",
        f"seconds a run, threads: {os.environ.get('OMP_NUM_THREADS', 'all')}, {platform.machine()}, cores:",
        f"{os.cpu_count()}, torch {versions['torch']}, Rectifier {versions['rectifier']}, default budget. The",
        "peers are used as their own quick starts say. Written by `make bench-watch`.",
        "",
        f"| | {' | '.join(NETS[net] for net in nets)} |",
        f"|---|{'---|' * len(nets)}",
        *(f"| {title(name)} | {' | '.join(cells[net, name] for net in nets)} |" for name in instruments),
        "",
        f"Start-up, on top of a script that imports torch and trains for five steps, report included: "
        f"{statistics.median(added):.2f} s ({min(added):.2f} to {max(added):.2f}); the goal is {START_UP_GOAL} s.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--peer-pairs", type=int, help="of each peer, if they are to be fewer")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of a plain run")
    parser.add_argument("--nets", nargs="*", default=list(NETS), choices=list(NETS))
    parser.add_argument("--together", action="store_true", help="both runs of a pair at the same time, a core each")
    parser.add_argument("--peers", action="store_true", help="install the peers first")
    parser.add_argument("--markdown", type=Path)
    arguments = parser.parse_args()
    if arguments.peers:
        install_peers()
    instruments = ["rectifier", NOISE, *(name for name in INSTALLED if (PEERS / name).exists())]
    pairs, seconds, together = arguments.pairs, arguments.seconds, arguments.together
    peer_pairs = arguments.peer_pairs or pairs
    found = [
        c for net in arguments.nets for c in costs(net, instruments, pairs, peer_pairs, seconds, together=together)
    ]
    text = table(found, start_up(pairs, together=together), pairs, peer_pairs, seconds, together=together)
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text)


if __name__ == "__main__":
    main()
