"""What is measured of a network, by plain torch, on its whole training set. Knows nothing of Rectifier's diagnosis.

Slopes are autograd's: a unit is dead if its slope is zero for every training sample, and saturated if it is below 1% of
the activation's largest for over 95% of them.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from clinic.sweep.nets import BOUNDED, RECTIFYING, activation, weighted
from clinic.sweep.setting import Setting
from clinic.sweep.train import Trace, inputs_of

Measured = dict[str, Any]
FLAT, STUCK = 0.01, 0.95


def measure(s: Setting, trace: Trace) -> Measured:
    """The whole run: states at its start and end, the course between, and what moved."""
    first, last = trace.copies[0][1], trace.copies[-1][1]
    finite = [n for n in trace.norms if math.isfinite(n)]
    course = [_course(s, trace, step, state) for step, state in trace.copies]
    measured: Measured = _plain(
        {
            "start": _state(s, trace, first),
            "end": _state(s, trace, last),
            "course": course,
            "trivial": trivial_loss(trace),
            "moved": {
                n: float((last[n] - first[n]).norm() / first[n].norm().clamp(min=1e-12))
                for n, _ in trace.net.named_parameters()
            },
            "frozen": [n for n, p in trace.net.named_parameters() if not p.requires_grad],
            "finite": bool(all(map(math.isfinite, trace.losses)) and len(finite) == len(trace.norms)),
            "norm": {"first": trace.norms[0], "largest": max(finite, default=math.nan)},
        }
    )
    return measured


def trivial_loss(trace: Trace) -> float:
    """Of the best prediction that ignores the input: the entropy of the classes, or the variance."""
    y = trace.task.y
    if not trace.task.classes:
        return float((y - y.mean(0)).square().mean())
    shares = torch.bincount(y, minlength=trace.task.outputs) / len(y)
    return float(-(shares * shares.clamp(min=1e-12).log()).sum())


def loss(out: Tensor, y: Tensor) -> Tensor:
    """Cross entropy or mean squared error, whatever the run was trained on."""
    return functional.cross_entropy(out, y) if y.dtype == torch.int64 else functional.mse_loss(out, y)


def _course(s: Setting, trace: Trace, step: int, state: dict[str, Tensor]) -> tuple[int, float, float, float]:
    """(step, score, loss on the training set, loss on the held-out set), as the network is used."""
    net, task = trace.net, trace.task
    net.load_state_dict(state)
    net.eval()
    with torch.no_grad():
        out = net(inputs_of(s, task.x))
        held = float(loss(net(inputs_of(s, task.held_x)), task.held_y))
        return step, task.score(out), float(loss(out, task.y)), held


def _state(s: Setting, trace: Trace, state: dict[str, Tensor]) -> Measured:
    """As it is trained: batch norms normalise the whole training set, nothing is dropped."""
    net, task = trace.net, trace.task
    net.load_state_dict(state)
    net.train()
    for m in net.modules():
        if isinstance(m, nn.Dropout):
            m.eval()
    net.zero_grad()
    with _seen(net) as seen:
        out = net(inputs_of(s, task.x))
    if out.requires_grad:
        loss(out, task.y).backward()
    owners, fed, spread = seen["owner"], seen["fed"], seen["spread"]
    shares: Measured = {"dead": {}, "saturated": {}, "zeros": {}}
    for name, inputs in fed.items():
        module = dict(net.named_modules())[name]
        layer, slopes = owners[name], _slopes(module, inputs)
        if _is(module, RECTIFYING):
            shares["dead"][layer] = float((slopes == 0).all(0).float().mean())
            shares["zeros"][layer] = float((_units(seen["given"][name]) == 0).float().mean())
        if _is(module, BOUNDED):
            flat = (slopes.abs() < FLAT * _steepest(module)).float().mean(0) > STUCK
            shares["saturated"][layer] = float(flat.float().mean())
    gradient = {}
    for name, p in net.named_parameters():
        if p.dim() > 1 and p.grad is not None and float(p.detach().norm()) > 0:
            gradient[name] = float(p.grad.norm() / p.detach().norm())
    weights = [(n, m.weight.detach()) for n, m in weighted(net) if isinstance(m.weight, Tensor)]
    return shares | {
        "loss": float(loss(out.detach(), task.y)),
        "spread": spread,
        "gradient": gradient,
        "alike": [n for n, w in weights if bool((w == w[0]).all()) and len(w) > 1 and bool(w.any())],
        "finite": all(bool(torch.isfinite(p).all()) for p in net.parameters()),
    }


@contextmanager
def _seen(net: nn.Module) -> Iterator[Measured]:
    """What goes through a pass: inputs and outputs of activations, whose layer feeds them, spread over samples."""
    seen: Measured = {"owner": {}, "fed": defaultdict(list), "given": {}, "spread": {}, "last": None}

    def after(name: str, module: nn.Module) -> Any:
        def hook(_module: nn.Module, args: tuple[Tensor, ...], out: Tensor) -> None:
            if isinstance(module, nn.Linear | nn.Conv2d):
                seen["last"] = name
                units = _units(out)
                if len(units) > 1 and units.shape[1] > 0:
                    seen["spread"].setdefault(name, float(units.var(0).mean().sqrt()))
            elif name.rpartition(".")[2] == "activation" or _is(module, RECTIFYING | BOUNDED):
                seen["owner"].setdefault(name, seen["last"])
                seen["fed"][name].append(_units(args[0]))
                seen["given"][name] = out.detach()

        return hook

    handles = [m.register_forward_hook(after(n, m)) for n, m in net.named_modules() if not list(m.children())]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _is(module: nn.Module, names: frozenset[str]) -> bool:
    return any(type(module) is type(activation(name)) for name in names)


def _units(t: Tensor) -> Tensor:
    """Samples (and positions) by units: channels of images, the last axis otherwise."""
    t = t.detach()
    return t.movedim(1, -1).flatten(0, -2) if t.dim() == 4 else t.flatten(0, -2)


def _slopes(module: nn.Module, inputs: list[Tensor]) -> Tensor:
    """Of the activation at each of its inputs."""
    x = torch.cat(inputs).requires_grad_()
    if module(x).shape != x.shape:
        return torch.ones_like(x)
    with torch.enable_grad():
        return torch.autograd.grad(module(x).sum(), x)[0]


def _steepest(module: nn.Module) -> float:
    return float(_slopes(module, [torch.linspace(-4, 4, 801)[:, None]]).abs().max())


def _plain(value: Any) -> Any:
    """JSON has no NaN, and nobody needs more than five digits."""
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
