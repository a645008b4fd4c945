"""What steps: every optimizer that has stepped, or the backward calls where there is none."""

import functools
import gc
import itertools
import json
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from rectifier.record import rows
from rectifier.record.writer import Writer
from rectifier.watcher import compat

#: Optimizers that take turns have all stepped within so many steps; one that comes later, or when those before it are
#: gone, goes on from the last one.
TURNS = 8


class Stepper:
    """An optimizer (or the backward calls) as the record knows it."""

    def __init__(
        self,
        number: int,
        parameters: Callable[[], list[Tensor]],
        optimizer: weakref.ref[Any] | None = None,
    ) -> None:
        self.number = number
        self._optimizer = optimizer
        self.bare = optimizer is None  #: whether the script moves the parameters itself, after the backward call
        self.steps = 0  #: taken so far
        self.first = 0  #: number of its first step
        self.last = 0.0  #: time of the last one
        self.rate: float | None = None  #: largest of its groups' learning rates
        self.parameters = parameters  #: asked for at every look: an optimizer can be given more of them
        self.kept: dict[str, Any] = {}  #: what the parameter probes keep over the step

    def is_gone(self) -> bool:
        """Whether the optimizer is no more."""
        return self._optimizer is not None and self._optimizer() is None

    @property
    def step(self) -> int:
        """Number of the step that it takes next."""
        return self.first + self.steps


class Steppers:
    """Every stepper of this process, in order of first step."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._used_before = _used()
        self._of: dict[int, tuple[weakref.ref[Any], Stepper]] = {}
        self._next = itertools.count()
        self.bare: Stepper | None = None  #: the backward calls, once it is known that there is no optimizer

    def __bool__(self) -> bool:
        return bool(self._of) or self.bare is not None

    @property
    def step(self) -> int:
        """Number of the step that is under way: the largest of any stepper."""
        steppers = [s for _, s in self._of.values()] + ([self.bare] if self.bare else [])
        return max((s.step for s in steppers), default=0)

    def known(self, optimizer: Any) -> Stepper | None:
        """The stepper of an optimizer that has stepped before."""
        reference, stepper = self._of.get(id(optimizer), (None, None))
        return stepper if reference is not None and reference() is optimizer else None

    def settled(self) -> list[tuple[weakref.ref[Any], Stepper]]:
        """The optimizers that have stepped before, and of whose next step nothing is to be measured."""
        return [(r, s) for r, s in self._of.values() if s.steps and not s.kept and r() is not None]

    def parameters(self) -> list[Tensor]:
        """What all optimizers that have stepped hold, in the order in which they hold it."""
        return [p for _, stepper in self._of.values() for p in stepper.parameters()]

    def of(self, optimizer: Any) -> Stepper:
        """The stepper of an optimizer; a new one at its first step."""
        if (known := self.known(optimizer)) is not None:
            return known
        reference = weakref.ref(optimizer)
        self.bare = None  # it has only waited long: what steps is not the backward calls
        stepper = Stepper(next(self._next), functools.partial(_parameters, reference), reference)
        one_is_left = any(other() is not None for other, _ in self._of.values())
        stepper.first = self.step if self.step > TURNS or not one_is_left else 0
        self._of[id(optimizer)] = (reference, stepper)
        self._introduce(stepper, type(optimizer).__name__)
        # torch's schedulers leave in each group the rate that they make the others from.
        if initial := [float(group["initial_lr"]) for group in optimizer.param_groups if "initial_lr" in group]:
            detail = json.dumps({"optimizer": stepper.number, "rate": max(initial)})
            self._writer.put(rows.Event(step=stepper.step, kind="scheduled", detail=detail))
        return stepper

    def start_bare(self, leaves: Callable[[], list[Tensor]]) -> Stepper:
        """From now on a backward call is a step."""
        self.bare = Stepper(next(self._next), leaves)
        self._introduce(self.bare, "backward")
        return self.bare

    def _introduce(self, stepper: Stepper, kind: str) -> None:
        size = sum(p.numel() for p in stepper.parameters())
        self._writer.put(rows.Optimizer(optimizer=stepper.number, kind=kind, parameters=size))

    def an_optimizer_exists(self) -> bool:
        """Whether an optimizer has been made that may yet step."""
        if _used() - self._used_before:
            return True
        # Made before watching began: whether one of them is left, only the garbage collector knows. (Not by
        # isinstance, which asks the objects themselves, and some of them act on it.)
        return bool(self._used_before) and not self._used_before.isdisjoint(map(type, gc.get_objects()))


def _parameters(optimizer: weakref.ref[Any]) -> list[Tensor]:
    found = optimizer()
    groups = [] if found is None else found.param_groups
    return [p for group in groups for p in group["params"] if _is_plain(p)]


def _is_plain(parameter: Any) -> bool:
    """Whether a parameter is an ordinary dense tensor: measuring a distributed one would have to wait for others."""
    return type(parameter) in (Tensor, torch.nn.Parameter) and parameter.layout == torch.strided


def _used() -> set[type]:
    """The classes of which an optimizer has ever been made: torch marks their `step` then."""
    kinds: list[type[torch.optim.Optimizer]] = [torch.optim.Optimizer]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return {kind for kind in kinds if compat.has_been_made(kind)}
