"""One run of a setting, as a user's script would train it, with copies of the weights taken along the way.

Nothing is measured while it runs but the gradient's norm: the copies are measured afterwards, so that no pass of ours
mixes with the run's own.
"""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from clinic.sweep.nets import build, weighted
from clinic.sweep.setting import Setting
from clinic.sweep.tasks import Task, load

OPTIMIZERS: dict[str, Any] = {
    "SGD": torch.optim.SGD,
    "momentum": lambda p, **options: torch.optim.SGD(p, momentum=0.9, **options),
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "RMSprop": torch.optim.RMSprop,
    "Adadelta": torch.optim.Adadelta,
    "Adagrad": torch.optim.Adagrad,
}
#: Copies of the weights along a run: of one that evaluates, so that the least held-out loss is seen; of others, for the
#: second half alone.
MANY, FEW = 20, 2
#: Optimizers that torch has in one kernel for the CPU.
FUSED = frozenset({"SGD", "momentum", "Adam", "AdamW", "Adagrad"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a run leaves behind."""

    net: nn.Module
    task: Task
    copies: list[tuple[int, dict[str, Tensor]]]  #: the state before this step; the last one after all
    losses: list[float]  #: of every batch
    norms: list[float]  #: of the gradient, after every backward call


def task_of(s: Setting) -> Task:
    return load(s.task, s.size, s.noise)


def inputs_of(s: Setting, x: Tensor) -> Tensor:
    """Inputs as this run is fed with them."""
    x = x * s.scale
    if s.missing:
        x = x.clone()
        x[: s.missing, 0] = math.nan
    return x


def train(s: Setting, *, along: bool = True) -> Trace:
    """Run it as a user would; or, not `along`, with copies of the start and the end only and the quickest optimizer."""
    task = task_of(s)
    x, y = inputs_of(s, task.x), task.y
    torch.manual_seed(s.seed)
    net = build(s, x.shape[1], task.outputs)
    layers = weighted(net)
    for _, layer in layers[: s.frozen]:
        layer.requires_grad_(requires_grad=False)
    forgotten = _forgotten(s, [layer for _, layer in layers])
    if stuck := s.forgotten.startswith("frozen-"):
        for layer in forgotten:
            layer.requires_grad_(requires_grad=False)
    left_out = set() if stuck else {id(p) for layer in forgotten for p in layer.parameters()}
    trained = [p for p in net.parameters() if (stuck or p.requires_grad) and id(p) not in left_out]
    quick = not along and s.optimizer in FUSED
    optimizer = OPTIMIZERS[s.optimizer](trained, lr=s.rate, weight_decay=s.decay, **({"fused": True} if quick else {}))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _factor(s.schedule, step / s.steps))
    visits = range(0, s.steps, max(1, s.steps // (MANY if s.evaluates else FEW))) if along else {0}
    copies, losses, norms = [], [], []
    batches = _batches(len(x), s)
    for step in range(s.steps):
        if step in visits:
            copies.append((step, _copied(net)))
        optimizer.zero_grad()
        for _ in range(s.accumulate):
            batch = next(batches)
            xb, yb = x[batch], y[batch]
            if s.outlier != 1 and step == s.steps // 5:
                xb = xb * s.outlier
            if s.apart:
                mixed = int(s.apart * len(batch))
                yb = torch.cat([yb[:mixed][torch.randperm(mixed)], yb[mixed:]])
            loss = _loss(s.loss, net(xb), yb) / s.accumulate
            loss.backward()
        losses.append(float(loss.detach()))
        grads = [p.grad for p in net.parameters() if p.grad is not None]
        norms.append(float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(grads)))))
        if s.clip:
            nn.utils.clip_grad_norm_(trained, s.clip)
        optimizer.step()
        schedule.step()
        if not along and not math.isfinite(losses[-1]):
            break  # nothing can come of it any more
        if s.evaluates and (step + 1) % s.evaluates == 0:
            net.eval()
            with torch.no_grad():
                _loss(s.loss, net(inputs_of(s, task.held_x)), task.held_y)
            net.train()
    copies.append((s.steps, _copied(net)))
    return Trace(net=net, task=task, copies=copies, losses=losses, norms=norms)


def _copied(net: nn.Module) -> dict[str, Tensor]:
    return copy.deepcopy(net.state_dict())


def _batches(samples: int, s: Setting) -> Iterator[Tensor]:
    """Epoch after epoch, in an order of its own random numbers: twins see the same batches."""
    generator = torch.Generator().manual_seed(s.seed)
    size = min(s.batch, samples)
    while True:
        order = torch.randperm(samples, generator=generator)
        yield from order[: samples // size * size].split(size)


def _forgotten(s: Setting, layers: list[nn.Module]) -> list[nn.Module]:
    hidden = len(layers) - 1
    counts = {"first": 1, "half": max(1, hidden // 2), "all-but-head": hidden}
    return layers[: counts.get(s.forgotten.removeprefix("frozen-"), 0)]


def _factor(schedule: str, done: float) -> float:
    """Of the learning rate, at this share of the run."""
    if schedule == "warm-up":
        return min(1.0, done / 0.1 + 1e-3)
    if schedule == "cosine":
        return 0.5 + 0.5 * math.cos(math.pi * done)
    if schedule == "steps":
        return 0.1 ** int(done * 3)
    return 1.0


def _loss(kind: str, out: Tensor, y: Tensor) -> Tensor:
    if y.dtype != torch.int64:
        if kind == "root":
            return ((out - y).square().sum(1)).sqrt().mean()
        if kind == "huber":
            return functional.smooth_l1_loss(out, y)
        return functional.mse_loss(out, y, reduction="sum" if kind == "sum" else "mean")
    if kind == "log":
        return -torch.log(torch.softmax(out, 1)).gather(1, y[:, None]).mean()
    if kind == "nll":
        return functional.nll_loss(torch.log_softmax(out, 1), y)
    smoothing = 0.1 if kind == "smooth" else 0.0
    return functional.cross_entropy(out, y, reduction="sum" if kind == "sum" else "mean", label_smoothing=smoothing)
