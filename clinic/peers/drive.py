"""Runs scripts with one peer attached; the script itself is not edited. To be run by the peer's own Python.

    python -m clinic.peers.drive PEER OUT.jsonl [--only PATTERNS] [--every N]
    python -m clinic.peers.drive PEER --asked      names come by standard input, a line each, and results go back

The model is what the label calls the model, the optimizer the first one among the script's names: both as the user
would hand them to the peer. Where there are several networks (a GAN) they are handed over as one. The peer is attached
before the first backward call and told of every backward call and every step. Scripts that the file has are left out.
"""

import argparse
import contextlib
import dataclasses
import importlib
import io
import json
import math
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Any, cast

import sklearn.datasets  # noqa: F401  imported before the fork, so that no script waits for it
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from clinic.cases import Case, cases
from clinic.peers import Moment

#: Seconds after which a script counts as hanging.
LIMIT = 120
#: Steps between two looks of the script's user at the held-out loss.
EVALUATE = 20


class Together(nn.Module):
    """Several networks, or bare tensors, as one module."""

    def __init__(self, parts: Any) -> None:
        super().__init__()
        for name, part in parts.items() if isinstance(parts, dict) else enumerate(parts):
            if isinstance(part, nn.Module):
                self.add_module(str(name) or "model", part)
            elif isinstance(part, torch.Tensor):
                self.register_parameter(str(name), None)
                self._parameters[str(name)] = cast(nn.Parameter, part)  # a tensor that is no Parameter


class Driver:
    """The script's own calls, handed on to the peer."""

    def __init__(self, case: Case, peer: Any, *, evaluates: bool) -> None:
        self.case, self.make, self.evaluates = case, peer, evaluates
        self.peer: Any = None
        self.attached = False
        self.frames: list[FrameType] = []
        self.model: Any = None
        self.optimizer: Any = None
        self.step, self.loss = 0, math.nan
        self.batch: Any = None
        self.evaluating = 0.0

    def names(self) -> dict[str, Any]:
        known: dict[str, Any] = {"torch": torch, "math": math, "F": nn.functional}
        for frame in self.frames[-1:]:
            known |= frame.f_globals
        for frame in reversed(self.frames):
            known |= frame.f_locals
        return known

    def attach(self) -> None:
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if frame.f_code.co_filename == str(self.case.script):
                self.frames.append(frame)
            frame = frame.f_back
        names = self.names()
        model = eval(self.case.truth.model, names)
        self.model = model if isinstance(model, nn.Module) else Together(model)
        found = [v for v in names.values() if isinstance(v, torch.optim.Optimizer)]
        found += [o for v in names.values() for o in getattr(v, "__dict__", {}).values() if _steps(o)]
        self.optimizer = found[0] if found else None
        self.model.register_forward_pre_hook(self.called)
        self.attached = True
        self.peer = self.make(self.model, self.optimizer)

    def called(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        if args and torch.is_grad_enabled():
            self.batch = args[0]

    def now(self) -> Moment:
        return Moment(
            step=self.step,
            loss=self.loss,
            rate=self.optimizer.param_groups[0]["lr"] if self.optimizer else None,
            model=self.model,
            optimizer=self.optimizer,
            held_out=self.held_out() if self.evaluates and self.step % EVALUATE == 0 else None,
            batch=self.batch,
        )

    def held_out(self) -> float | None:
        if self.case.truth.held_out is None:
            return None
        began = time.process_time()
        training = self.model.training
        self.model.eval()
        with torch.no_grad(), torch.random.fork_rng():
            value = float(eval(self.case.truth.held_out, self.names()))
        self.model.train(training)
        self.evaluating += time.process_time() - began
        return value

    def backward(self, original: Any) -> Any:
        def backward(tensor: Any, *args: Any, **kwargs: Any) -> Any:
            if not self.attached:
                self.attach()
            result = original(tensor, *args, **kwargs)
            self.loss = float(tensor.detach().sum())
            self.peer.after_backward(self.now())
            if self.optimizer is None:
                self.stepped()
            return result

        return backward

    def stepped(self) -> None:
        if self.attached:
            self.peer.after_step(self.now())
            self.step += 1


def _steps(value: Any) -> list[Any]:
    return [value] if isinstance(value, torch.optim.Optimizer) else []


def run(case: Case, name: str) -> dict[str, Any]:
    """One script with one peer. Times are processor time after each step, without that of evaluating."""
    module = importlib.import_module(f"clinic.peers.{name}")
    driver = Driver(case, module.Peer, evaluates=module.TAKES_HELD_OUT) if module.DRIVEN else None
    begun: Any = None if driver else module.Peer(None, None)
    times: list[float] = []

    def stepped(optimizer: Any, args: Any, kwargs: Any) -> None:
        if driver:
            driver.stepped()
        times.append(time.process_time() - (driver.evaluating if driver else 0.0))

    original = torch.Tensor.backward
    if driver:
        torch.Tensor.backward = driver.backward(original)  # type: ignore[method-assign]
    handle = register_optimizer_step_post_hook(stepped)
    failure = None
    try:
        exec(compile(case.source(), str(case.script), "exec"), {"__name__": "__main__", "__file__": str(case.script)})
    except Exception:  # noqa: BLE001  a peer that breaks the script is a result
        failure = traceback.format_exc(limit=-1).strip().splitlines()[-1][:200]
    finally:
        handle.remove()
        torch.Tensor.backward = original  # type: ignore[method-assign]
    findings: list[Any] = []
    try:
        findings = [dataclasses.asdict(f) for f in (driver.peer if driver else begun).findings()]
    except Exception:  # noqa: BLE001  the same
        failure = failure or traceback.format_exc(limit=-1).strip().splitlines()[-1][:200]
    seconds, late = (times[-1] - times[0], times[-1] - times[len(times) // 2]) if times else (0.0, 0.0)
    return {
        "name": case.name, "findings": findings, "steps": driver.step if driver else len(times), "seconds": seconds,
        "late": late, "failure": failure,
    }  # fmt: skip


def _child(pipe: Any, case: Case, name: str) -> None:
    torch.set_num_threads(1)
    os.chdir(tempfile.mkdtemp())
    sys.argv = [str(case.script)]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        result = run(case, name)
    pipe.send(result)
    os._exit(0)


def heard(out: Path) -> set[str]:
    """The scripts whose results are in the file. A line that was cut off is taken out of it."""
    lines = out.read_text().splitlines(keepends=True) if out.exists() else []
    whole = [line for line in lines if line.endswith("\n")]
    if whole != lines:
        out.write_text("".join(whole))
    return {json.loads(line)["name"] for line in whole}


def tried(case: Case, name: str) -> dict[str, Any]:
    """One script with one peer, in a process of its own."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_child, args=(theirs, case, name))
    process.start()
    theirs.close()
    try:
        result: dict[str, Any] | None = ours.recv() if ours.poll(LIMIT) else None
    except EOFError:
        result = None
    process.kill()
    process.join()
    lost = {
        "name": case.name,
        "findings": [],
        "steps": 0,
        "seconds": 0.0,
        "late": 0.0,
        "failure": "no end, or it crashed",
    }
    return result or lost


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("peer")
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--asked", action="store_true", help="read names, one a line, and answer each")
    parser.add_argument("--only", default="*", help="shell patterns of names, parted by commas")
    parser.add_argument("--every", type=int, default=1, help="only every Nth script")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.asked:
        by_name = {case.name: case for case in cases(arguments.only)}
        for line in sys.stdin:
            print(json.dumps(tried(by_name[line.strip()], arguments.peer)), flush=True)
        return
    known = heard(arguments.out)
    with arguments.out.open("a") as out:
        for case in list(cases(arguments.only))[:: arguments.every]:
            if case.name not in known:
                out.write(json.dumps(tried(case, arguments.peer)) + "\n")
                out.flush()


if __name__ == "__main__":
    main()
