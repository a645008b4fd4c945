"""The loss functions of torch: what evaluation passes give, and what the best constant prediction would give.

Every loss of `torch.nn.functional` ends in one compiled function of torch. It is that one which is wrapped: what the
user calls stays what it is, warnings point to the same lines, and modules, functions and `nn.CrossEntropyLoss` all
pass here. On steps that are not looked at, the wrapper only calls on.

A call without gradients belongs to an evaluation pass: the calls from one place between two training steps. A call with
gradients on a looked-at step is compared with the trivial loss: that of the best prediction that does not look at
the input (the frequencies of the classes, the mean of the targets), over all targets seen so far.
"""

import functools
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from rectifier.record import rows
from rectifier.watcher import compat
from rectifier.watcher.fetch import fetch
from rectifier.watcher.unnoticed import measuring, observable
from rectifier.watcher.window import Fed, callers

Put = Callable[[rows.Row], None]

#: Where torch keeps them, and the position of `reduction` among the arguments (0: none, 1: mean, 2: sum).
_PLACES: dict[str, tuple[Any, int]] = {
    "cross_entropy_loss": (compat.NN, 3),
    "nll_loss_nd": (compat.NN, 3),
    "mse_loss": (compat.NN, 2),
    "l1_loss": (compat.NN, 2),
    "smooth_l1_loss": (compat.NN, 2),
    "huber_loss": (compat.NN, 2),
    "binary_cross_entropy": (compat.NN, 3),
    "multi_margin_loss": (compat.NN, 5),
    "multilabel_margin_loss": (compat.NN, 2),
    "soft_margin_loss": (compat.NN, 2),
    "binary_cross_entropy_with_logits": (torch, 4),
    "kl_div": (torch, 2),
}
_DISTANCES = {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"}
#: Targets with more columns than this are pooled over all columns.
_COLUMNS = 65536
_CLASSES = 1_000_000
#: Variance over mean square of what is all the same, but for rounding in double precision.
_SAME = 1e-12
#: After so many rows of one evaluation two passes make a row, after as many more four, and so on.
_PASSES = 2048


class Criteria:
    """Installed while the watcher is attached."""

    def __init__(
        self,
        put: Put,
        guarded: Callable[[str, Callable[..., Any]], Callable[..., None]],
        made: Callable[[Tensor], Fed | None],
        number_of: Callable[[Tensor | None], int | None],
    ) -> None:
        self._put, self._made, self._number_of = put, made, number_of
        self.looking = False  #: whether the coming training step is looked at
        self.step = 0  #: training steps taken so far
        self._seen = guarded("criteria", self._called)
        self._passes: dict[tuple[str, str], _Pass] = {}
        self._held: dict[tuple[str, str], _Pass] = {}  # passes that wait for the next ones
        self._written: dict[tuple[str, str], int] = {}
        self._pools: dict[tuple[str, str], _Pool] = {}
        self._looked: list[tuple[tuple[str, str], Tensor, Tensor | None, int]] = []
        self._makers: dict[tuple[str, str], Fed | None] = {}  # of what they were given on this look
        self._undo: list[Callable[[], None]] = []

    def install(self) -> None:
        """Wrap torch's functions."""
        for name, (place, reduction) in _PLACES.items():
            original = getattr(place, name, None)
            if original is not None:
                wrapped = self._wrapped(name, original, reduction)
                _known_to_torchscript(original, wrapped)
                setattr(place, name, wrapped)
                self._undo.append(functools.partial(setattr, place, name, original))

    def uninstall(self) -> None:
        """Leave torch as it was."""
        for undo in self._undo:
            undo()
        self._undo = []

    def _wrapped(self, name: str, original: Any, reduction: int) -> Any:
        @functools.wraps(original)
        def criterion(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if self.looking or not torch.is_grad_enabled():
                self._seen(name, args, kwargs, result, reduction, not torch.is_grad_enabled())
            return result

        return criterion

    def _called(self, name: str, args: Any, kwargs: Any, result: Any, reduction: int, evaluating: bool) -> None:
        if not isinstance(result, Tensor) or not observable() or len(args) < 2 or not args[0].numel():
            return
        given = kwargs.get("reduction", args[reduction] if len(args) > reduction else 1)
        with measuring():
            args = _prediction_first(name, args)
            count = _samples(name, args)
            value = result.detach().double()
            mean = value.mean() if given == 0 else value / max(1, _terms(name, args)) if given == 2 else value
            if evaluating:
                key = (name, callers(sys._getframe()))
                self._passes.setdefault(key, _Pass()).add(mean, count)
            elif result.requires_grad:
                key = (name, callers(sys._getframe(), 1))
                pool = self._pools.setdefault(key, _Pool())
                self._looked.append((key, mean, pool.trivial(name, args), count))
                self._makers[key] = self._made(args[0])

    def finish_look(self, step: int) -> None:
        """Record what the criteria of this look gave."""
        looked, self._looked = self._looked, []
        makers, self._makers = self._makers, {}
        fetched = fetch([t for _, mean, trivial, _ in looked for t in (mean, trivial) if t is not None])
        by_key: dict[tuple[str, str], list[tuple[float, float | None, int]]] = {}
        for key, _, trivial, count in looked:
            value = float(next(fetched))
            by_key.setdefault(key, []).append((value, None if trivial is None else float(next(fetched)), count))
        for (name, source), calls in by_key.items():
            samples = sum(count for *_, count in calls)
            value = sum(v * count for v, _, count in calls) / max(1, samples)
            last = calls[-1][1]  # over all targets so far
            maker = makers.get((name, source))
            self._put(
                rows.Criterion(
                    step=step,
                    name=name,
                    source=source,
                    value=value,
                    trivial=last if last is not None and math.isfinite(last) and last > 0 else None,
                    samples=samples,
                    layer=maker.layer if maker is not None else None,
                    weight=self._number_of(maker.weight()) if maker is not None and maker.weight is not None else None,
                )
            )

    @property
    def evaluated(self) -> bool:
        """Whether there are evaluation passes that a training step has ended."""
        return bool(self._passes)

    def finish_passes(self) -> None:
        """Record the evaluation passes that are over."""
        passes, self._passes = self._passes, {}
        for key, one in passes.items():
            name, source = key
            if key in self._held:
                one.join(self._held.pop(key))
            self._written[key] = self._written.get(key, 0)
            if one.passes < 1 << (self._written[key] // _PASSES).bit_length():
                self._held[key] = one
                continue
            self._written[key] += 1
            self._put(
                rows.Evaluation(
                    step=self.step,
                    name=name,
                    source=source,
                    loss=float(one.total) / max(1, one.samples),
                    batches=one.batches,
                    samples=one.samples,
                )
            )


@dataclass(slots=True)
class _Pass:
    """The calls of one evaluation pass; the sum stays on its device until the pass is over."""

    total: Tensor | float = 0.0
    samples: int = 0
    batches: int = 0
    passes: int = 1

    def join(self, earlier: "_Pass") -> None:
        self.total = self.total + earlier.total
        self.samples += earlier.samples
        self.batches += earlier.batches
        self.passes += earlier.passes

    def add(self, mean: Tensor, count: int) -> None:
        self.total = self.total + (float(mean) if mean.device.type == "cpu" else mean) * count
        self.samples += count
        self.batches += 1


class _Pool:
    """The targets that a criterion has been given on looked-at steps."""

    def __init__(self) -> None:
        self._count = 0
        self._sum: Tensor | None = None
        self._squares: Tensor | None = None

    def trivial(self, name: str, args: Any) -> Tensor | None:
        """The loss of the best constant prediction; None where it is not known, zero where it is no measure."""
        x, target = args[0], args[1]
        if not isinstance(target, Tensor):
            return None
        target = target.detach()
        if name in ("cross_entropy_loss", "nll_loss_nd"):
            if args[2] is not None or (len(args) > 5 and args[5]):  # weights of classes, smoothed labels
                return None
            return self._entropy_of_classes(x, target, args[4] if len(args) > 4 else -100)
        if name == "mse_loss":
            self._add(target, squares=True)
            assert self._sum is not None
            assert self._squares is not None
            squares = self._squares / self._count
            variance = (squares - (self._sum / self._count).square()).clamp_min(0)
            # Targets that are all the same are no measure: any network can learn them, but none by heart.
            return variance.mean() * (variance > _SAME * squares).any()  # zero is none; it is not waited for
        if name in ("binary_cross_entropy", "binary_cross_entropy_with_logits"):
            if any(each is not None for each in args[2 : 4 if name.endswith("logits") else 3]):
                return None
            self._add(target)
            assert self._sum is not None
            p = self._sum / self._count
            varied = ((p > 0) & (p < 1)).any()
            p = p.clamp(1e-12, 1 - 1e-12)
            return -(p * p.log() + (1 - p) * (1 - p).log()).mean() * varied
        if name == "l1_loss":
            flat = target.double().flatten(1) if target.dim() > 1 else target.double().reshape(-1, 1)
            return (flat - flat.median(dim=0, keepdim=True).values).abs().mean()
        return None

    def _entropy_of_classes(self, x: Tensor, target: Tensor, ignored: int) -> Tensor | None:
        classes = x.shape[1] if x.dim() > 1 else x.shape[0]
        if classes > _CLASSES:
            return None
        if target.is_floating_point():  # probabilities
            self._add(target if target.dim() > 1 else target[None])
        else:
            flat = target.reshape(-1)
            flat = flat[(flat != ignored) & (flat >= 0) & (flat < classes)]
            counts = torch.bincount(flat, minlength=classes).double()
            self._sum = counts if self._sum is None or self._sum.shape != counts.shape else self._sum + counts
            self._count += flat.numel()
        if self._sum is None or not self._count:
            return None
        p = self._sum.flatten() / self._sum.sum()
        entropy: Tensor = -torch.special.xlogy(p, p).sum()
        # Few samples of many classes look less varied than they are (Miller and Madow 1955).
        entropy = entropy + ((p > 0).sum() - 1) / (2 * self._count)
        return entropy.clamp_max(math.log(max(2, classes)))

    def _add(self, target: Tensor, *, squares: bool = False) -> None:
        t = target.double()
        t = t.flatten(1) if t.dim() > 1 and t[0].numel() <= _COLUMNS else t.reshape(-1, 1)
        if self._sum is not None and self._sum.shape != t.shape[1:]:
            self._count, self._sum, self._squares = 0, None, None
        self._sum = t.sum(0) if self._sum is None else self._sum + t.sum(0)
        if squares:
            square = t.square().sum(0)
            self._squares = square if self._squares is None else self._squares + square
        self._count += t.shape[0]


def _known_to_torchscript(original: Any, wrapped: Any) -> None:
    """Let `torch.jit.script` take what is wrapped for what it is, as it does the original by its identity."""
    if (name := compat.find_builtin(original)) is not None:
        compat.register_builtin(wrapped, name)


def _prediction_first(name: str, args: Any) -> Any:
    """A distance is the same both ways round, and some scripts give it the target first."""
    first, second, *rest = args
    exchanged = isinstance(second, Tensor) and second.requires_grad and not first.requires_grad
    return (second, first, *rest) if exchanged and name in _DISTANCES else args


def _samples(name: str, args: Any) -> int:
    return int(args[0].shape[0]) if args[0].dim() > (1 if name in ("cross_entropy_loss", "nll_loss_nd") else 0) else 1


def _terms(name: str, args: Any) -> int:
    """How many terms a sum has."""
    target = args[1]
    if name in ("cross_entropy_loss", "nll_loss_nd"):
        return int(target.numel()) if not target.is_floating_point() else _samples(name, args)
    return int(args[0].numel())
