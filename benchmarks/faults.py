"""Faults put into every part of the watcher, and scripts that tread on it: does training notice, and is the loss named?

    python -m benchmarks.faults [NAME ...] [--markdown docs/faults.md]

Each fault is a training script with lines of its own before it or in its loop, or one under which a part of the watcher
is broken; it is run plain and watched. The outcome is the same if output, exit code and what it wrote to standard error
are. `make faults` writes docs/faults.md.
"""

import argparse
import functools
import inspect
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

SCRIPT = """
import hashlib
import os
import sys
import time
{before}
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
{after}
for step in range(60):
    x = torch.randn(32, 4)
    optimizer.zero_grad()
    loss = (model(x) - x.sum(1, keepdim=True)).square().mean()
    loss.backward()
    optimizer.step()
    print(step, loss.item(), flush=True)
    time.sleep(0.01)
{during}
print(hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in model.parameters())).hexdigest())
"""

#: Breaks a part of the watcher at the moment when it is imported; does nothing where nothing is watched.
BREAK = """
import importlib.abc
import importlib.util


class _Break(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path, target=None):
        if fullname != {module!r}:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        original = spec.loader.exec_module

        def exec_module(module):
            original(module)
            thing = module
            *path, last = {attribute!r}.split(".")
            for name in path:
                thing = getattr(thing, name)

            def broken(*args, **kwargs):
                {how}

            setattr(thing, last, broken)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, _Break())
"""

RAISE = "raise RuntimeError('broken on purpose')"
#: At step 20 another connection locks the record, where there is one.
LOCK = """
import glob, sqlite3
if step == 20 and (found := glob.glob('.rectifier/runs/*/rank-0.db')):
    other = sqlite3.connect(found[0], 5, isolation_level=None)
    other.execute('BEGIN EXCLUSIVE')
"""
CLEAR = """
if step == {step}:
    sys.modules["torch.nn.modules.module"]._global_forward_pre_hooks.clear()
    sys.modules["torch.optim.optimizer"]._global_optimizer_pre_hooks.clear()
    sys.modules["torch.optim.optimizer"]._global_optimizer_post_hooks.clear()
"""
OWN_BACKWARD = """
from torch.autograd.graph import _engine_run_backward

def backward(loss):
    _engine_run_backward(
        (loss,), (torch.ones_like(loss),), False, False, (), allow_unreachable=True, accumulate_grad=True
    )

torch.autograd.backward = torch.Tensor.backward = backward
"""
OWN_MODE = """
from torch.overrides import TorchFunctionMode

class Mode(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))

Mode().__enter__()
"""
FORK = """
if step % 10 == 0:
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        {work}
        os._exit(3)
    print(os.waitpid(child, 0)[1])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A script with something wrong in it, or in the watcher while it runs."""

    name: str
    before: str = ""  #: before torch is imported
    after: str = ""  #: before the loop
    during: str = ""  #: in the loop, after each step
    killed: bool = False  #: whether it is killed by the fault itself, and so only where it is watched
    lost: str = ""  #: what the report must say of it; empty: nothing need be lost

    @property
    def script(self) -> str:
        """The whole of it."""
        during = "\n".join(f"    {line}" for line in self.during.splitlines())
        return SCRIPT.replace("{before}", self.before).replace("{after}", self.after).replace("{during}", during)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it ended, and what the report says."""

    fault: Fault
    same: bool  #: output, errors and exit code
    told: tuple[str, ...]  #: what the report says was lost
    steps: int  #: steps in the report, of 60
    difference: str = ""

    @property
    def honest(self) -> bool:
        """Whether the report says what was lost."""
        return any(self.fault.lost in text for text in self.told) if self.fault.lost else True


def _broken(module: str, attribute: str, how: str = RAISE, lost: str = "broken on purpose") -> Fault:
    before = BREAK.replace("{module!r}", repr(module)).replace("{attribute!r}", repr(attribute)).replace("{how}", how)
    return Fault(name=f"{module.removeprefix('rectifier.')}: {attribute}", before=before, lost=lost)


def _probes() -> Iterator[Fault]:
    """Every method of every probe."""
    from rectifier.watcher.probes import ActivationProbe, probes

    for _, probe in probes():
        kind = type(probe)
        for method in (
            ("before", "after", "backward") if isinstance(probe, ActivationProbe) else ("before_step", "after_step")
        ):
            if method in vars(kind):
                yield _broken(kind.__module__, f"{kind.__name__}.{method}")
        yield _broken(kind.__module__, f"{kind.__name__}.rows")


def _parts() -> Iterator[Fault]:
    """The hooks and what they call."""
    attach = "rectifier.watcher.attach"
    for method in ("_before_step", "_after_step", "_before_backward", "_after_backward", "_entered", "_finish_look",
                   "_stepped", "_read_losses", "_site", "_enter", "_leave"):  # fmt: skip
        yield _broken(attach, f"Watcher.{method}")
    yield _broken(attach, "Watcher.attach", lost="could not watch this run")
    for name in ("before", "after", "feed"):
        yield _broken("rectifier.watcher.window", f"Window._{name}")
    for module, attribute in (
        ("names", "Names.learn"), ("names", "Names.of"), ("loss", "Losses.read"), ("parameters", "Parameters.keep"),
        ("parameters", "Parameters.measure"), ("steppers", "Steppers.of"), ("governor", "Governor.next"),
        ("fetch", "fetch"), ("origin", "non_finite_origin"), ("lines", "Lines.note"), ("lines", "Lines.passed"),
        ("criteria", "Criteria.finish_passes"), ("criteria", "Criteria.finish_look"), ("ownership", "Ownership.look"),
    ):  # fmt: skip
        yield _broken(f"rectifier.watcher.{module}", attribute, lost="" if module == "origin" else "broken on purpose")


def _writers() -> Iterator[Fault]:
    """The record."""
    yield _broken("rectifier.record.files", "create")
    yield _broken("rectifier.record.files", "insert")
    yield _broken(
        "rectifier.record.files",
        "insert",
        "import sqlite3; raise sqlite3.OperationalError('disk I/O error')",
        "disk I/O error",
    )
    yield _broken("rectifier.record.thinning", "Steps.sift")
    yield _broken("rectifier.record.thinning", "Looks.thin", lost="")
    yield Fault(
        name="no place for the record",
        before="children = sys.modules.get('rectifier.watcher.children')\nif children:\n    children.place = None",
        lost="could not watch this run",
    )
    for module, attribute in (("writer", "Writer._open"), ("files", "insert")):
        fault = _broken(f"rectifier.record.{module}", attribute, "os.kill(os.getpid(), 9)", "breaks off")
        yield replace(fault, name=f"SIGKILL in a write ({attribute})", killed=True)
    yield Fault(
        name="the disk is full (64 kB a file)",
        before="import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (65536, -1))",
        lost="rows could not be written",
    )
    yield Fault(
        name="the database is locked for half a second",
        during=LOCK + "    time.sleep(0.5)\n    other.execute('COMMIT')\n    other.close()",
    )
    yield Fault(name="the database stays locked", during=LOCK, lost="locked")
    yield Fault(
        name="the folder of the record is removed",
        during="if step == 30:\n    import shutil\n    shutil.rmtree('.rectifier', ignore_errors=True)",
        lost="removed",
    )
    yield Fault(
        name="SIGKILL between writes",
        during="if step == 40:\n    time.sleep(0.4)\n    os.kill(os.getpid(), 9)",
        lost="breaks off",
    )
    yield Fault(
        name="SIGKILL right after a step", during="if step == 40:\n    os.kill(os.getpid(), 9)", lost="breaks off"
    )


def _scripts() -> Iterator[Fault]:
    """Scripts that tread on the watcher."""
    before, during = CLEAR.replace("{step}", "-1"), CLEAR.replace("{step}", "20")
    yield Fault(name="clears torch's global hooks before training", after=f"step = -1\n{before}", lost="hooks")
    yield Fault(name="clears torch's global hooks while it trains", during=during, lost="hooks")
    yield Fault(name="calls os._exit", during="if step == 50:\n    os._exit(5)")
    yield Fault(name="replaces torch.autograd.backward", after=OWN_BACKWARD, lost="torch.autograd.backward")
    yield Fault(
        name="wraps Tensor.backward",
        after="original = torch.Tensor.backward\ntorch.Tensor.backward = lambda self, *a, **k: original(self, *a, **k)",
    )
    yield Fault(
        name="overrides Module.train",
        after="def train(self, mode=True):\n    raise TypeError('no')\n\nnn.Module.train = train",
    )
    yield Fault(
        name="overrides Module.__call__",
        after="nn.Module.__call__ = lambda self, *args: self.forward(*args)",
    )
    yield Fault(name="forks while it trains", during=FORK.replace("{work}", "model(torch.randn(2, 4))"))
    yield Fault(
        name="forks children that train",
        during=FORK.replace("{work}", "model(torch.randn(2, 4)).sum().backward(); optimizer.step()"),
    )
    yield Fault(name="sets a default device", after="torch.set_default_device('cpu')")
    yield Fault(name="trains under a function mode of its own", after=OWN_MODE, lost="function mode")
    yield Fault(name="goes to another folder", after="os.mkdir('elsewhere')\nos.chdir('elsewhere')")
    yield Fault(name="closes standard error", after="os.close(2)")
    yield Fault(name="replaces warnings.warn", during="import warnings\nwarnings.warn = lambda *a, **k: None")
    yield Fault(
        name="raises in backward", during="if step == 40:\n    (model(torch.randn(2, 4)) + float('nan')).backward()"
    )
    yield Fault(
        name="raises in a hook of its own",
        during="if step == 40:\n    def fail(g):\n        raise ValueError('mine')\n"
        "    y = model(torch.randn(2, 4))\n    y.register_hook(fail)\n    y.sum().backward()",
    )
    yield Fault(name="is interrupted", during="if step == 40:\n    raise KeyboardInterrupt")
    yield Fault(
        name="trains in a second thread too",
        during="if step == 20:\n    import threading\n"
        "    def other():\n        net = nn.Sequential(nn.Linear(4, 4), nn.ReLU())\n"
        "        for _ in range(20):\n            net(torch.ones(3, 4)).sum().backward()\n"
        "    thread = threading.Thread(target=other)\n    thread.start()\n    thread.join()",
    )


def faults() -> list[Fault]:
    """All of them."""
    return [*_probes(), *_parts(), *_writers(), *_scripts()]


def _execute(script: str, *command: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """How a script ends, and its report."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        folder.mkdir()
        (folder / "train.py").write_text(script)
        ended = subprocess.run(
            [sys.executable, *command, "train.py"], cwd=folder, env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        ended.stderr = ended.stderr.replace(name, "")  # tracebacks name the folder
        file = Path(name) / "report.json"
        return ended, json.loads(file.read_text()) if file.exists() else {}


@functools.cache
def _plain(script: str) -> subprocess.CompletedProcess[str]:
    return _execute(script)[0]


def run(fault: Fault) -> Outcome:
    """Run a fault's script plain and watched. A break in the watcher does nothing where there is none."""
    in_watcher = fault.before.startswith(BREAK[:40])
    plain = _plain(replace(fault, before="").script if in_watcher else fault.script)
    watched, report = _execute(fault.script, "-m", "rectifier", "run", "--json", "../report.json")
    own, _, said = watched.stderr.partition("rectifier ──")
    told = [n["because"] for n in report.get("not_judged", ()) if n["rule"] == "watch"]
    told += [f"Rectifier could not watch this run: {text}" for text in [report.get("run", {}).get("unwatched")] if text]
    told += [line for line in (own + said).splitlines() if line.startswith("rectifier: ")]
    own = "".join(line for line in own.splitlines(keepends=True) if not line.startswith("rectifier: "))
    pairs: dict[str, tuple[object, object]] = {
        "stdout": (plain.stdout, watched.stdout),
        "stderr": (plain.stderr, own),
        "exit code": (plain.returncode, watched.returncode),
    }
    if fault.killed and watched.returncode == -9:
        pairs = {"stdout": (plain.stdout[: len(watched.stdout)], watched.stdout)}
    different = [f"{what}: {b!r:.600} instead of {a!r:.600}" for what, (a, b) in pairs.items() if a != b]
    return Outcome(
        fault=fault, same=not different, told=tuple(told), steps=report["run"]["steps"] if report else 0,
        difference="; ".join(different),
    )  # fmt: skip


def table(outcomes: list[Outcome]) -> str:
    """docs/faults.md."""
    lines = [
        "# Faults",
        "",
        inspect.cleandoc(
            """
            What happens to a training of 60 steps when a part of the watcher breaks, its record cannot be written, or
            the script treads on what the watcher stands on. Each line is one run under `python` and one under
            `rectifier run`: the outcome is the same if standard output, standard error and exit code are, byte for
            byte. The last column is what the report says it could not see. Written by `make faults`.
            """
        ),
        "",
        f"{len(outcomes)} faults; the outcome is the same in {sum(o.same for o in outcomes)}, what was lost is named "
        f"in {sum(o.honest for o in outcomes)}.",
        "",
        "| fault | outcome | steps in the report | what the report says was lost |",
        "|---|---|---|---|",
    ]
    for o in outcomes:
        told = "; ".join(o.told).replace("|", "\\|").replace(tempfile.gettempdir(), "") or "nothing"
        told = told if o.honest else f"**not named**: {told}"
        lines.append(f"| {o.fault.name} | {'same' if o.same else '**different**'} | {o.steps} | {told} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="texts that the faults' names contain; all by default")
    parser.add_argument("--markdown", type=Path)
    arguments = parser.parse_args()
    chosen = [f for f in faults() if not arguments.names or any(text in f.name for text in arguments.names)]
    outcomes = []
    for fault in chosen:
        outcomes.append(outcome := run(fault))
        print(
            "same" if outcome.same else "DIFFERENT",
            "" if outcome.honest else "UNNAMED",
            fault.name,
            outcome.steps,
            outcome.told,
            flush=True,
        )
        if outcome.difference:
            print("   ", outcome.difference, flush=True)
    if arguments.markdown:
        arguments.markdown.write_text(table(outcomes))
    sys.exit(not all(o.same and o.honest for o in outcomes))


if __name__ == "__main__":
    main()
