"""A looked-at step: every torch function call, which layer fed it and from which line of the user's code.

A `TorchFunctionMode` is on torch's stack from the first call of a module with parameters (or from the end of
the step before, where no module is used) until the backward pass begins. Evaluation, data loading and the
optimizer never run under it. What is measured is measured on the side: without gradients, without random
numbers, with every mode switched off, and nothing a call returns is replaced.
"""

import sys
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from rectifier.watcher import compat
from rectifier.watcher.activations import RELU, judge_of
from rectifier.watcher.calling import Warnings, call, caller
from rectifier.watcher.handwritten import Masks
from rectifier.watcher.lines import Lines, place_of, user_frame
from rectifier.watcher.makers import FUSED, weight_of
from rectifier.watcher.names import Names
from rectifier.watcher.parts import Parts
from rectifier.watcher.probes import ActivationProbe, Applied, Tensors
from rectifier.watcher.unnoticed import measuring, observable, unasked

#: After so many activations that no backward pass has followed, it is no training: inference without `no_grad`.
WEARY = 2000


@dataclass(slots=True)
class Fed:
    """Which layer made a tensor, and along which axis its units lie (from the end: batches do not matter)."""

    tensor: weakref.ref[Tensor]
    layer: str
    weight: weakref.ref[Tensor] | None  #: None if it was computed from a parameter, as with weight normalisation
    axis: int
    order: int  #: among the calls of this look
    through: "Seen | None" = None  #: the last activation it has passed


@dataclass(slots=True)
class Seen:
    """An activation that was applied once on the looked-at step, with what the probes saw of it."""

    layer: str
    weight: weakref.ref[Tensor] | None
    source: str
    applied: Applied
    units: int
    position: int
    measured: dict[str, Tensors] = field(default_factory=dict)
    signal: dict[str, Tensors] = field(default_factory=dict)  #: what the probes saw of the backward pass
    trained: bool = False  #: whether a backward pass has reached it
    own: bool = False  #: whether it is computed in the forward of an autograd.Function, where no gradients are kept
    feeds: bool = False  #: whether a layer takes what it gives: it is no output of the network
    settled: bool = False  #: whether that was the one of the loss, not one by `autograd.grad`
    first: bool = False  #: whether the units lie along its first axis

    def samples_first(self, x: Tensor) -> Tensor:
        """The tensor as probes take it: a column for each sample is a row for each, and no batch is one of one."""
        x = x.detach()
        if not self.first:
            return x
        return x.t() if x.dim() == 2 else x.unsqueeze(0)


class Window(TorchFunctionMode):
    """The mode, and what was seen under it until `take`."""

    def __init__(
        self,
        names: Names,
        probes: list[tuple[str, ActivationProbe]],
        parts: Parts,
        on_weary: Callable[[], None],
    ) -> None:
        super().__init__()
        self._on_weary = on_weary  # has it closed: from inside a call it cannot be
        self._names, self._probes, self._parts = names, probes, parts
        self._fed: dict[int, Fed] = {}
        self._masks = Masks()
        self._forwards = compat.Forwards()
        self._warnings = Warnings()
        self.lines = Lines()
        self._given: dict[int, tuple[weakref.ref[Tensor], Seen]] = {}  # by an autograd.Function, its output or not
        self._places: dict[int, str] = {}  # where a checkpointed module was called from, in its pass without gradients
        self.weary = False  #: whether it is to be closed: what is seen is no training
        self.in_backward = False  #: whether a backward call is running
        self._seen: list[Seen] = []
        self._leaves: dict[int, weakref.ref[Tensor]] = {}
        self._thread: int | None = None  # modes are per thread
        self.cost = 0.0  #: seconds spent in here since `take`
        self.calls = 0  #: functions seen since `take`

    @property
    def is_open(self) -> bool:
        return self._thread is not None

    def open(self) -> bool:
        """Begin to see functions, unless a mode or transform of the user's is active: then seeing could change it."""
        if self.is_open:
            return True
        if not observable() or not compat.can_see_functions:
            return False
        if any(not isinstance(mode, compat.DeviceContext) for mode in compat.current_function_modes()):
            self._parts.unseen(
                "activations under a torch function mode of the script's own", "it would see the watcher at work"
            )
            return False
        self._thread = threading.get_ident()
        self._warnings.install()
        compat.push_function_mode(self)
        return True

    def close(self) -> None:
        """Stop seeing functions. Modes that the user has entered since stay as they are."""
        if not self.is_open or self._thread != threading.get_ident():
            return
        above = []
        while compat.function_modes():
            mode = compat.pop_function_mode()
            if mode is self:
                break
            above.append(mode)
        for mode in reversed(above):
            compat.push_function_mode(mode)
        self._warnings.uninstall()
        self._thread, self.weary = None, False
        self._fed.clear()
        self._given.clear()
        self._masks.clear()

    def take(self) -> tuple[list[Seen], float, int]:
        """What was seen and trained since the last call, what it cost in seconds, and how many calls it was."""
        seen, cost, calls = [s for s in self._seen if s.trained], self.cost, self.calls
        for s in seen:
            s.measured = {name: tensors + s.signal.get(name, ()) for name, tensors in s.measured.items()}
        self._seen, self.cost, self.calls = [], 0.0, 0
        self._places.clear()
        return seen, cost, calls

    def made(self, tensor: Tensor) -> Fed | None:
        """Which layer made a tensor, if the window was open."""
        found = self._fed.get(id(tensor))
        return found if found is not None and found.tensor() is tensor else None

    def leaves(self) -> list[Tensor]:
        """The parameters that functions were called with, in order of first use."""
        return [leaf for reference in self._leaves.values() if (leaf := reference()) is not None]

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        begun = time.perf_counter()
        kwargs = kwargs or {}
        came_from = caller(sys._getframe(1))
        if self.weary or not observable():
            return call(came_from, func, args, kwargs)
        seen, training = None, torch.is_grad_enabled()
        try:
            if self._given:
                self._take_given(args)
            if judge_of(func) is not None or self._masks.may_rectify(func):
                with measuring():
                    seen = self._before(func, args, kwargs, training)
        except Exception as error:  # noqa: BLE001  watching must never stop a training run
            self._parts.fail("window", error)
        called = time.perf_counter()
        result = call(came_from, func, args, kwargs)
        returned = time.perf_counter()
        try:
            if isinstance(result, Tensor):
                with unasked():
                    if not self.in_backward:
                        self._parts.attempt("lines", self.lines.note, result, came_from)
                    self._feed(func, args, kwargs, result)
                if seen is not None:
                    with measuring():
                        self._after(seen, result)
            elif func in FUSED:
                self._fused(func)
        except Exception as error:  # noqa: BLE001  as above
            self._parts.fail("window", error)
        self.calls += 1
        self.cost += time.perf_counter() - returned + called - begun
        return result

    def _fused(self, function: Any) -> None:
        self._parts.unseen(
            f"the gates of {FUSED[function]}", "they run inside one call; gradients and updates are seen"
        )

    def _feed(self, func: Any, args: Any, kwargs: Any, result: Tensor) -> None:
        """Note which layer's units the result holds."""
        fed: Fed | None = None
        for argument in args:
            if isinstance(argument, Tensor) and argument.requires_grad and argument.is_leaf:
                known_leaf = self._leaves.get(id(argument))
                if known_leaf is None or known_leaf() is None:
                    self._leaves[id(argument)] = weakref.ref(argument)
        self._masks.note(func, args, result)
        if func in FUSED:
            self._fused(func)
        elif (made := weight_of(func, args, kwargs)) is not None:
            weight, axis = made
            layer = self._layer(weight, sys._getframe(2))
            known = weakref.ref(weight) if weight.is_leaf else None
            for argument in args[:2]:
                taken = self._fed.get(id(argument))
                if taken is not None and taken.tensor() is argument and taken.through is not None:
                    taken.through.feeds = True
            self._fed[id(result)] = Fed(weakref.ref(result), layer, known, axis, self.calls)
            return
        for argument in (*args, *kwargs.values())[:4]:
            found = self._fed.get(id(argument))
            if found is not None and found.tensor() is argument and (fed is None or found.order > fed.order):
                fed = found
        if fed is not None and (source := fed.tensor()) is not None:
            same_rank = result.dim() == source.dim() and result.dim() >= -fed.axis
            if (same_rank or (fed.axis == -1 and result.dim())) and (result.shape[fed.axis] == source.shape[fed.axis]):
                made_by = (fed.layer, fed.weight, fed.axis, fed.order, fed.through)
                self._fed[id(result)] = Fed(weakref.ref(result), *made_by)

    def _layer(self, weight: Tensor, frame: FrameType) -> str:
        """The path of the layer that a weight belongs to: of tied ones, the layer that is running."""
        module = _running_module(frame)
        if module is not None and weight.is_leaf and not self._names.knows(weight):
            self._names.learn(module)  # another outermost module than the one that opened the window
        if module is not None and any(p is weight for p in module._parameters.values()):
            return self._names.path(module, frame) or ""
        return (self._names.owner(weight, frame) if weight.is_leaf else self._module_around(frame)) or ""

    def _before(self, func: Any, args: Any, kwargs: Any, training: bool) -> Seen | None:
        if (judge := judge_of(func)) is not None:
            kind, x = judge(args, kwargs), args[0] if args else kwargs.get("input")
        elif training and (x := self._masks.rectified(func, args, kwargs)) is not None:
            kind = RELU
        else:
            return None
        if kind is None or not isinstance(x, Tensor) or not x.is_floating_point() or not x.dim() or not x.numel():
            return None
        if x.is_leaf and x.requires_grad:
            return None  # a parameter that is kept positive: no samples, so no units
        if hasattr(x, "placements"):
            return None  # a part of it lies with other processes, which would have to be asked
        user, running = user_frame(sys._getframe(2)), _running_module(sys._getframe(2))
        own = not training and user is not None and user.f_code in self._forwards
        place = place_of(user_frame(user.f_back) if own and user is not None else user)
        if not training and not own:
            if running is not None:
                self._places[id(running)] = place
            return None
        if self.in_backward and running is not None:
            place = self._places.get(id(running), place)
        fed = self._fed.get(id(x))
        if fed is not None and fed.tensor() is x:
            layer, weight, axis = fed.layer, fed.weight, x.dim() + fed.axis
        elif x.dim() < 2:
            return None  # no layer made it and it has no axis of units: a clamp inside a loss, say
        else:
            layer, weight = self._module_around(sys._getframe(2)) or "", None
            axis = 1 if x.dim() > 3 else x.dim() - 1
        seen = Seen(layer, weight, place, Applied(kind=kind, axis=axis or 1), x.shape[axis], len(self._seen), own=own)
        seen.first = axis == 0
        for name, probe in self._probes:
            seen.measured[name] = self._parts.attempt(name, probe.before, seen.samples_first(x), seen.applied) or ()
        return seen

    def _take_given(self, args: tuple[Any, ...]) -> None:
        """What was computed in an autograd.Function and can be trained now that it is used is what that returned."""
        for y in args:
            reference, seen = self._given.get(id(y), (None, None))
            if seen is None or reference is None or reference() is not y or not isinstance(y, Tensor):
                continue
            if y.requires_grad:
                del self._given[id(y)]
                with measuring():
                    self._after(seen, y)

    def _after(self, seen: Seen, y: Tensor) -> None:
        if not y.requires_grad:
            if seen.own:
                self._given[id(y)] = (weakref.ref(y), seen)
            return  # no backward pass can reach it: not training
        for name, probe in self._probes:
            seen.measured[name] += self._parts.attempt(name, probe.after, seen.samples_first(y), seen.applied) or ()

        def reached(gradient: Tensor) -> None:
            if seen.settled or not observable():
                return  # a second backward pass through the same graph, or one that the script itself looks at
            begun = time.perf_counter()
            seen.trained, seen.settled = True, self.in_backward
            with measuring():
                gradient = seen.samples_first(gradient)
                for name, probe in self._probes:
                    seen.signal[name] = self._parts.attempt(name, probe.backward, gradient, seen.applied) or ()
            self.cost += time.perf_counter() - begun

        axis = (0 if seen.first else seen.applied.axis) - y.dim()
        self._fed[id(y)] = Fed(weakref.ref(y), seen.layer, seen.weight, axis, self.calls, seen)
        y.register_hook(reached)  # type: ignore[no-untyped-call]  # torch's
        self._seen.append(seen)
        if len(self._seen) >= WEARY and not any(s.trained for s in self._seen):
            self._seen.clear()
            self.weary = True
            self._on_weary()

    def _module_around(self, frame: FrameType | None) -> str | None:
        """The path of the innermost module whose `forward` is running."""
        module = _running_module(frame)
        return None if module is None else self._names.path(module, frame)


def measured(seen: list[Seen], name: str) -> list[Tensors]:
    """What one probe measured, once per time the activations were applied."""
    return [s.measured[name] for s in seen]


def _running_module(frame: FrameType | None) -> torch.nn.Module | None:
    """The innermost module whose `forward` is running."""
    while frame is not None:
        if frame.f_code is compat.MODULE_CALL:
            module: torch.nn.Module = frame.f_locals["self"]
            return module
        frame = frame.f_back
    return None


def callers(frame: FrameType | None, most: int = 4) -> str:
    """The lines of the user's code that lead to a call, the innermost first: it tells passes apart that share code."""
    places: list[str] = []
    while len(places) < most and (frame := user_frame(frame)) is not None:
        places.append(place_of(frame))
        frame = None if frame.f_code.co_name == "<module>" else frame.f_back
    return " < ".join(places)
