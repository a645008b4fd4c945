"""Runs a script and measures it on its whole training set. Knows nothing of Rectifier and nothing of labels.

The script is found from its first backward call: the frames on the stack that belong to it hold its names, and stay
readable when it has ended. So the same expressions are measured before the first update, along the way, and at the end.
"""

import copy
import math
import random
import sys
import time
import traceback
from collections import defaultdict
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.overrides import TorchFunctionMode

from clinic.cases import Truth

RELUS = {torch.relu, torch.relu_, F.relu, F.relu_, F.relu6, Tensor.relu, Tensor.relu_, torch.clamp, Tensor.clamp,
         Tensor.clamp_, torch.clamp_min, Tensor.clamp_min, F.threshold, torch.maximum}  # fmt: skip
#: Input beyond which the slope is under 1% of its largest.
BOUNDED = {torch.sigmoid: 5.3, Tensor.sigmoid: 5.3, F.sigmoid: 5.3, torch.tanh: 3.0, Tensor.tanh: 3.0, F.tanh: 3.0}
LINEAR = {F.linear: -1, F.conv1d: 1, F.conv2d: 1, torch.conv1d: 1, torch.conv2d: 1, torch.matmul: -1, Tensor.matmul: -1,
          Tensor.__matmul__: -1, torch.nn.functional.conv_transpose2d: 1}  # fmt: skip


class Units(TorchFunctionMode):
    """Watches one pass: which units of which layer were ever positive, saturated, and how much they vary."""

    def __init__(self, names: dict[int, str]) -> None:
        super().__init__()
        self.names = names
        self.origin: dict[int, tuple[str, int]] = {}
        self.alive: dict[str, Tensor] = {}
        self.stuck: dict[str, list[Tensor]] = defaultdict(list)
        self.spread: dict[str, float] = {}
        self.zeros: list[tuple[int, int]] = []
        self.kept: list[Tensor] = []  # so that no id is used twice

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = [a for a in args if isinstance(a, Tensor)]
        source = next((self.origin[id(a)] for a in given if id(a) in self.origin), None)
        before = given[0].detach() if func in BOUNDED and given else None
        out = func(*args, **(kwargs or {}))
        if not isinstance(out, Tensor) or not out.is_floating_point():
            return out
        self.kept.append(out)
        if func in LINEAR and len(args) > 1:
            name = next((self.names[id(a)] for a in args[1::-1] if id(a) in self.names), None)
            if name is not None:
                source = (name, LINEAR[func])
                if out.numel() > out.shape[LINEAR[func]]:
                    self.spread.setdefault(name, _units(out, LINEAR[func]).float().var(0).mean().sqrt().item())
        if source is not None:
            self.origin[id(out)] = source
            name, axis = source
            low = (kwargs or {}).get("min", args[1] if len(args) > 1 else None)
            clamped = func in (torch.clamp, Tensor.clamp, Tensor.clamp_, torch.clamp_min, Tensor.clamp_min)
            if func in RELUS and not (clamped and low != 0):
                alive = ~(_units(out, axis) <= 0).all(0)  # what is not a number is not dead
                self.alive[name] = self.alive[name] | alive if name in self.alive else alive
                self.zeros.append((int((out == 0).sum()), out.numel()))
            elif before is not None:
                self.stuck[name].append((_units(before, axis).abs() > BOUNDED[func]).float().mean(0))
        return out


def _units(t: Tensor, axis: int) -> Tensor:
    """Samples by units."""
    return t.detach().movedim(axis, -1).flatten(0, -2) if t.dim() > 1 else t.detach()[None]


def parameters(model: Any, prefix: str = "") -> dict[str, Tensor]:
    """Every parameter by name, of modules and of bare tensors."""
    if isinstance(model, nn.Module):
        return {prefix + name: p for name, p in model.named_parameters()}
    if isinstance(model, Tensor):
        return {prefix.rstrip("."): model}
    items = model.items() if isinstance(model, dict) else enumerate(model)
    return {
        name: p
        for key, part in items
        for name, p in parameters(part, f"{prefix}{key}." if key != "" else prefix).items()
    }


def modules(model: Any) -> list[nn.Module]:
    if isinstance(model, nn.Module):
        return list(model.modules())
    if isinstance(model, Tensor):
        return []
    return [m for part in (model.values() if isinstance(model, dict) else model) for m in modules(part)]


def accuracy(out: Tensor, y: Tensor) -> float:
    """Share of rows whose largest output is the label; of one output, whether its sign is."""
    right = (out.squeeze(-1) > 0) == (y.view(len(y)) > 0.5) if out.shape[-1] == 1 else out.argmax(-1) == y
    return float(right.float().mean()) if bool(torch.isfinite(out).all()) else 0.0


def explained(out: Tensor, y: Tensor) -> float:
    """Share of the variance that is explained: 0 for the mean, 1 for all of it."""
    return float(1 - (out - y.view_as(out)).square().mean() / (y - y.mean(0)).square().mean())


class Measurement:
    """One run of a script, seen from its first backward call to its end."""

    def __init__(self, script: Path, truth: Truth) -> None:
        self.script, self.truth = str(script), truth
        self.frames: list[FrameType] = []
        self.calls = 0
        self.norms: list[float] = []  # of the gradient, after every backward call
        self.start: dict[str, Any] = {}
        self.history: list[tuple[int, float | None, float | None]] = []
        self.first: dict[str, Tensor] = {}
        self.busy = False

    def names(self) -> dict[str, Any]:
        """What the script calls its things, now."""
        known: dict[str, Any] = {"torch": torch, "F": F, "accuracy": accuracy, "explained": explained, "math": math}
        for frame in self.frames[-1:]:
            known |= frame.f_globals
        for frame in reversed(self.frames):  # inner scopes last
            known |= frame.f_locals
        return known

    def evaluate(self, expression: str, *, train: bool = False, grad: bool = False) -> Any:
        """The value of an expression, leaving the script's random numbers, modes and buffers as they were."""
        names = self.names()
        found = modules(eval(self.truth.model, names))
        modes, buffers = [m.training for m in found], [dict(m._buffers) for m in found]
        states = random.getstate(), np.random.get_state()
        try:
            for m in found:
                m.training = train and not isinstance(m, nn.Dropout | nn.Dropout2d)
                m._buffers.update({key: copy.deepcopy(value) for key, value in m._buffers.items()})
            with torch.random.fork_rng(), torch.set_grad_enabled(grad):
                return eval(expression, names)
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])
            for m, mode, kept in zip(found, modes, buffers, strict=True):
                m.training = mode
                m._buffers.update(kept)

    def number(self, expression: str | None) -> float | None:
        if expression is None:
            return None
        return float(self.evaluate(expression))

    def parameters(self) -> dict[str, Tensor]:
        return parameters(eval(self.truth.model, self.names()))

    def state(self) -> dict[str, Any]:
        """Everything that is measured of the network as it stands."""
        found = self.parameters()
        owner = {id(p): name.rpartition(".")[0] or name for name, p in reversed(found.items())}
        state: dict[str, Any] = {
            "score": self.number(self.truth.score),
            "loss": self.number(self.truth.loss),
            "finite": all(bool(torch.isfinite(p).all()) for p in found.values()),
            "same_units": [n for n, p in found.items() if p.dim() == 2 and len(p) > 1 and bool((p == p[0]).all())],
        }
        if self.truth.forward is not None:
            watch = Units(owner)
            with watch:
                self.evaluate(self.truth.forward, train=True)
            state["dead"] = {name: 1 - alive.float().mean().item() for name, alive in watch.alive.items()}
            state["spread"] = watch.spread
            state["saturated"] = {
                name: (torch.stack(shares).mean(0) > 0.95).float().mean().item() for name, shares in watch.stuck.items()
            }
            state["zeros"] = sum(z for z, _ in watch.zeros) / max(1, sum(n for _, n in watch.zeros))
        if self.truth.loss is not None:
            wanted = {name: p for name, p in found.items() if p.requires_grad}
            loss = self.evaluate(self.truth.loss, train=True, grad=True)
            if isinstance(loss, Tensor) and loss.requires_grad:
                grads = torch.autograd.grad(loss, list(wanted.values()), allow_unused=True)
                state["gradient"] = {
                    name: (g.norm() / p.norm().clamp(min=1e-12)).item()
                    for (name, p), g in zip(wanted.items(), grads, strict=True)
                    if g is not None and p.dim() > 1
                }
        return state

    def backward(self) -> None:
        """Called before every backward call."""
        if self.busy:
            return
        self.busy = True
        try:
            if not self.frames:
                frame: FrameType | None = sys._getframe()
                while frame is not None:
                    if frame.f_code.co_filename == self.script:
                        self.frames.append(frame)
                    frame = frame.f_back
                self.first = {name: p.detach().clone() for name, p in self.parameters().items()}
                self.start = self.state()
            if self.calls in _VISITS:
                self.history.append((self.calls, self.number(self.truth.loss), self.number(self.truth.held_out)))
            self.calls += 1
        finally:
            self.busy = False

    def after(self) -> None:
        grads = [p.grad for p in self.parameters().values() if p.grad is not None]
        if grads:
            self.norms.append(
                torch.stack([g.coalesce().values().norm() if g.is_sparse else g.norm() for g in grads]).norm().item()
            )

    def result(self) -> dict[str, Any]:
        now = self.parameters()
        norms = sorted(n for n in self.norms if math.isfinite(n))
        self.history.append((self.calls, self.number(self.truth.loss), self.number(self.truth.held_out)))
        return {
            "backward_calls": self.calls,
            "start": self.start,
            "end": self.state(),
            "history": self.history,
            "moved": {
                name: ((now[name] - p).norm() / p.norm().clamp(min=1e-12)).item()
                for name, p in self.first.items()
                if name in now and now[name].shape == p.shape
            },
            "gradient_norm": {
                "first": self.norms[0] if self.norms else None,
                "median": norms[len(norms) // 2] if norms else None,
                "largest": norms[-1] if norms else None,
                "not_finite": len(self.norms) - len(norms),
            },
        }


#: Backward calls before which the losses on the whole sets are measured: about five per doubling.
_VISITS = {round(1.15**k) for k in range(80)} | {0}


def run(source: str, script: Path, truth: Truth) -> dict[str, Any]:
    """Run a script's text as if it stood in `script`, and measure it."""
    measurement = Measurement(script, truth)
    originals = torch.Tensor.backward, torch.autograd.backward

    def patched(original: Any) -> Any:
        def backward(*args: Any, **kwargs: Any) -> Any:
            outer = not measurement.busy
            if outer:
                measurement.backward()
            result = original(*args, **kwargs)
            if outer:
                measurement.after()
            return result

        return backward

    torch.Tensor.backward = patched(originals[0])  # type: ignore[method-assign]
    sys.argv = [str(script)]
    began = time.perf_counter()
    error = None
    try:
        code = compile(source, str(script), "exec")
        exec(code, {"__name__": "__main__", "__file__": str(script)})
    except SystemExit:
        pass
    except Exception:  # noqa: BLE001  a script that fails is part of the truth
        error = traceback.format_exc(limit=-2)[-500:]
    finally:
        torch.Tensor.backward = originals[0]  # type: ignore[method-assign]
    seconds = time.perf_counter() - began
    if not measurement.frames:
        return {"error": error or "there was no backward call", "seconds": seconds}
    result: dict[str, Any] = _plain(measurement.result())
    return result | {"error": error, "seconds": round(seconds, 1)}


def _plain(value: Any) -> Any:
    """JSON has no NaN, and nobody needs more than four digits."""
    if isinstance(value, float):
        return float(f"{value:.4g}") if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
