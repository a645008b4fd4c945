"""Whole processes, timed from outside and interleaved: plain, watched by Rectifier, and with each peer.

    python -m benchmarks.watch_cost [--pairs 10] [--peer-pairs N] [--seconds 60] [--nets NET ...] [--peers]
        [--markdown docs/watch_cost.md]

A pair is one plain run and one with an instrument; the figure is the median of the pairs' ratios, beside the smallest
and the largest. A machine that is shared changes its speed from second to second, so the two take turns: one is stopped
(SIGSTOP, with everything it has started) while the other runs for a fifth of a second, and the time of each is that of
its own turns. Neither has to share memory or caches with the other, as it would if they ran at once. Rectifier's budget
is a share of the time that passes, half of which is the other's: it is given half of its default, which is the default
share of its own turns. A second plain run in Rectifier's place shows the noise, every third time. Each peer has a
virtual environment of its own under build/peers (`--peers` makes them), which takes torch from this one. `make
bench-watch` does all of it: a few hours on a machine that does nothing else.

Every process is told to keep memory that it has freed. Left to itself, glibc gives it back to the system or does not,
by what happens to lie on top of its heap: three plain runs of the conv net, 120 steps each, took 450,000, 880,000 and
1,540,000 page faults and 13.6, 14.2 and 17.9 s. Told to keep it: 87,600 faults and 11.2 to 12.3 s.
"""

import argparse
import compileall
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import rectifier
from benchmarks.malloc import KEPT
from rectifier.watcher.governor import BUDGET

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
TURN = 0.2  # seconds
NOISE_EVERY = 3  # pairs


@dataclass(frozen=True, slots=True)
class Cost:
    """One net with one instrument."""

    net: str
    instrument: str
    ratios: tuple[float, ...]
    seconds: tuple[float, ...]  #: of the plain runs of the pairs
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
        watched = ["-m", "rectifier", "run", "--budget", str(BUDGET / 2)] if instrument == "rectifier" else []
        return [sys.executable, *watched, str(TRAIN), net, str(steps)]
    return [str((PEERS / instrument / "bin" / "python").absolute()), str(TRAIN), net, str(steps), instrument]


class Run:
    """A process that runs in turns, with everything that it starts."""

    def __init__(self, instrument: str, net: str, steps: int) -> None:
        self.seconds = 0.0  #: of its own turns
        self.ended = False
        self._command = command(instrument, net, steps)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory()
        self._errors = (Path(self._folder.name) / "errors").open("w+b")

    def turn(self, seconds: float) -> None:
        """Let it run for so long, or until it ends."""
        began = time.perf_counter()
        if self._process is None:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder.name, stdout=subprocess.DEVNULL, stderr=self._errors,
                env=os.environ | KEPT | {"WANDB_DIR": self._folder.name, "WANDB_SILENT": "true"},
                start_new_session=True,
            )  # fmt: skip
        else:
            os.killpg(self._process.pid, signal.SIGCONT)
        try:
            self._process.wait(seconds)
            self.ended = True
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGSTOP)
        self.seconds += time.perf_counter() - began

    def kill(self) -> None:
        """End it, if it has not ended: what is stopped would stay for ever."""
        if self._process is not None and not self.ended:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def failure(self) -> str:
        """Why it failed, if it did."""
        assert self._process is not None
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines() or ["?"]
        self._errors.close()
        self._folder.cleanup()
        return "" if self._process.returncode == 0 else said[-1]


def pair(name: str, net: str, steps: int, number: int) -> tuple[float, float, str]:
    """Seconds of the plain run and of the one with the instrument, and why one failed, if one did."""
    plain, watched = Run("plain", net, steps), Run(name, net, steps)
    order = (plain, watched) if number % 2 else (watched, plain)
    try:
        while not (plain.ended and watched.ended):
            for run in order:
                if not run.ended:
                    run.turn(TURN)
    finally:
        for run in order:
            run.kill()
    return plain.seconds, watched.seconds, plain.failure() or watched.failure()


def steps_for(net: str, seconds: float) -> int:
    """How many steps take about so long."""

    def alone(steps: int) -> float:
        run = Run("plain", net, steps)
        while not run.ended:
            run.turn(1e6)
        return run.seconds

    start, steps = alone(1), 100
    while (took := alone(steps) - start) < seconds / 10:
        steps *= 4  # so far it was hardly more than the start of Python
    return max(50, int(seconds * steps / took))


def costs(net: str, instruments: list[str], pairs: int, peer_pairs: int, seconds: float) -> list[Cost]:
    """Every instrument on one net: in every round each has its pair, so that all see the same machine."""
    steps = steps_for(net, seconds)
    ratios: dict[str, list[float]] = {name: [] for name in instruments}
    lasted: dict[str, list[float]] = {name: [] for name in instruments}
    failed: dict[str, str] = {}
    for number in range(pairs):
        for name in [n for n in instruments if n not in failed]:
            if number % NOISE_EVERY if name == NOISE else name != "rectifier" and number >= peer_pairs:
                continue
            plain, took, why = pair(name, net, steps, number)
            if why:
                failed[name] = why
            ratios[name].append(took / plain)
            lasted[name].append(plain)
            print(net, steps, number, name, f"{ratios[name][-1]:.3f} of {plain:.1f} s", why, flush=True)
    return [Cost(net, n, tuple(ratios[n]), tuple(lasted[n]), failed.get(n, "")) for n in instruments]


def start_up(pairs: int) -> list[float]:
    """Seconds that watching adds to a script that imports torch and trains for five steps, report included."""
    added = []
    for number in range(pairs):
        plain, took, _ = pair("rectifier", "mlp-256", 5, number)
        added.append(took - plain)
        print("start-up", number, f"{added[-1]:.3f} s", flush=True)
    return added


def table(found: list[Cost], added: list[float], pairs: int, peer_pairs: int) -> str:
    """docs/watch_cost.md."""
    instruments = list(dict.fromkeys(c.instrument for c in found))
    cells = {(c.net, c.instrument): c.cell for c in found}
    nets = list(dict.fromkeys(c.net for c in found))
    versions = {name: version(name) for name in ("rectifier", "torch")}
    lasted = (statistics.median(s for c in found if c.net == net for s in c.seconds) for net in nets)
    about = (
        "Time of the whole process, from start to exit, over that of `python`: median (and range) of the pairs' "
        f"ratios. {pairs} pairs for Rectifier, {peer_pairs} for each peer, {-(-pairs // NOISE_EVERY)} for plain python "
        "again (which shows the noise). All are told to keep memory that they have freed: the benchmark's own text "
        f"says why. The two of a pair take turns of {TURN:g} s, so that both see the same machine. A plain run took "
        f"{', '.join(f'{seconds:.0f}' for seconds in lasted)} s (median), threads: "
        f"{os.environ.get('OMP_NUM_THREADS', 'all')}, {platform.machine()}, cores: {os.cpu_count()}, torch "
        f"{versions['torch']}, Rectifier {versions['rectifier']}, default budget. The peers "
        "are used as their own quick starts say. Written by `make bench-watch`."
    )
    lines = [
        "# What watching costs",
        "",
        *textwrap.wrap(about, 110),
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
    parser.add_argument("--peer-pairs", type=int, help="of each peer, if fewer")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of a plain run")
    parser.add_argument("--nets", nargs="*", default=list(NETS), choices=list(NETS))
    parser.add_argument("--peers", action="store_true", help="install the peers first")
    parser.add_argument("--markdown", type=Path)
    arguments = parser.parse_args()
    if arguments.peers:
        install_peers()
    compileall.compile_dir(Path(rectifier.__file__).parent, quiet=1)  # as pip does when it installs a package
    instruments = ["rectifier", NOISE, *(name for name in INSTALLED if (PEERS / name).exists())]
    pairs, seconds = arguments.pairs, arguments.seconds
    peer_pairs = arguments.peer_pairs or pairs
    found = [c for net in arguments.nets for c in costs(net, instruments, pairs, peer_pairs, seconds)]
    text = table(found, start_up(pairs), pairs, peer_pairs)
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text)


if __name__ == "__main__":
    main()
