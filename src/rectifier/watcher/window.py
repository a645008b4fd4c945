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
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from rectifier.watcher.activations import Kind, judge_of
from rectifier.watcher.names import Names
from rectifier.watcher.parts import Parts
from rectifier.watcher.probes import ActivationProbe, Applied, Tensors
from rectifier.watcher.unnoticed import measuring, observable

_SKIPPED_CODE = (
    str(Path(torch.__file__).parent),
    *(str(Path(__file__).parents[1] / name) for name in ("watcher", "nn")),
)

#: Products, which make units only where the second factor is a parameter.
_PRODUCTS: dict[Any, tuple[int, int]] = {
    **dict.fromkeys((torch.matmul, torch.mm, Tensor.matmul, Tensor.mm, Tensor.__matmul__, Tensor.__rmatmul__), (1, -1)),
    **dict.fromkeys((torch.addmm, Tensor.addmm), (2, -1)),
}

#: Functions that make units out of a weight: index of the weight among the arguments, axis of the units.
_MAKERS: dict[Any, tuple[int, int]] = {
    functional.linear: (1, -1),
    functional.bilinear: (2, -1),
    functional.embedding: (1, -1),
    **{getattr(torch, f"conv{kind}{d}d"): (1, -d - 1) for d in (1, 2, 3) for kind in ("", "_transpose")},
    **_PRODUCTS,
}


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
    trained: bool = False  #: whether a backward pass has reached it
    feeds: bool = False  #: whether a layer takes what it gives: it is no output of the network


class Window(TorchFunctionMode):
    """The mode, and what was seen under it until `take`."""

    def __init__(
        self,
        names: Names,
        probes: list[tuple[str, ActivationProbe]],
        parts: Parts,
    ) -> None:
        super().__init__()
        self._names, self._probes, self._parts = names, probes, parts
        self._fed: dict[int, Fed] = {}
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
        if torch._C._len_torch_function_stack() or not observable():
            return False
        self._thread = threading.get_ident()
        torch._C._push_on_torch_function_stack(self)
        return True

    def close(self) -> None:
        """Stop seeing functions. Modes that the user has entered since stay as they are."""
        if not self.is_open or self._thread != threading.get_ident():
            return
        above = []
        while torch._C._len_torch_function_stack():
            mode = torch._C._pop_torch_function_stack()
            if mode is self:
                break
            above.append(mode)
        for mode in reversed(above):
            torch._C._push_on_torch_function_stack(mode)
        self._thread = None
        self._fed.clear()

    def take(self) -> tuple[list[Seen], float, int]:
        """What was seen and trained since the last call, what it cost in seconds, and how many calls it was."""
        seen, cost, calls = [s for s in self._seen if s.trained], self.cost, self.calls
        self._seen, self.cost, self.calls = [], 0.0, 0
        return seen, cost, calls

    def leaves(self) -> list[Tensor]:
        """The parameters that functions were called with, in order of first use."""
        return [leaf for reference in self._leaves.values() if (leaf := reference()) is not None]

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        begun = time.perf_counter()
        kwargs = kwargs or {}
        if not observable():
            return func(*args, **kwargs)
        seen = None
        if (judge := judge_of(func)) is not None and torch.is_grad_enabled():
            try:
                with measuring():
                    seen = self._before(judge(args, kwargs), args, kwargs)
            except Exception as error:  # noqa: BLE001  watching must never stop a training run
                self._parts.fail("window", error)
        called = time.perf_counter()
        result = func(*args, **kwargs)
        returned = time.perf_counter()
        try:
            if isinstance(result, Tensor):
                with measuring():
                    self._feed(func, args, kwargs, result)
                    if seen is not None:
                        self._after(seen, result)
        except Exception as error:  # noqa: BLE001  as above
            self._parts.fail("window", error)
        self.calls += 1
        self.cost += time.perf_counter() - returned + called - begun
        return result

    def _feed(self, func: Any, args: Any, kwargs: Any, result: Tensor) -> None:
        """Note which layer's units the result holds."""
        fed: Fed | None = None
        for argument in args:
            if isinstance(argument, Tensor) and argument.requires_grad and argument.is_leaf:
                known_leaf = self._leaves.get(id(argument))
                if known_leaf is None or known_leaf() is None:
                    self._leaves[id(argument)] = weakref.ref(argument)
        if (maker := _MAKERS.get(func)) is not None:
            index, axis = maker
            weight = args[index] if len(args) > index else kwargs.get("weight")
            is_product = func in _PRODUCTS  # of which only those with a parameter make units
            if isinstance(weight, Tensor) and (not is_product or (weight.is_leaf and weight.requires_grad)):
                frame = sys._getframe(2)
                if not self._names.knows(weight) and (module := _running_module(frame)) is not None:
                    self._names.learn(module)  # another outermost module than the one that opened the window
                layer = self._names.owner(weight, frame) if weight.is_leaf else self._module_around(frame)
                known = weakref.ref(weight) if weight.is_leaf else None
                for argument in args[:2]:
                    taken = self._fed.get(id(argument))
                    if taken is not None and taken.tensor() is argument and taken.through is not None:
                        taken.through.feeds = True
                self._fed[id(result)] = Fed(weakref.ref(result), layer or "", known, axis, self.calls)
                return
        for argument in (*args, *kwargs.values())[:4]:
            found = self._fed.get(id(argument))
            if found is not None and found.tensor() is argument and (fed is None or found.order > fed.order):
                fed = found
        if fed is not None and (source := fed.tensor()) is not None:
            same_rank = result.dim() == source.dim() and result.dim() >= -fed.axis
            if (same_rank or (fed.axis == -1 and result.dim())) and (result.shape[fed.axis] == source.shape[fed.axis]):
                self._fed[id(result)] = replace(fed, tensor=weakref.ref(result))

    def _before(self, kind: Kind | None, args: Any, kwargs: Any) -> Seen | None:
        x = args[0] if args else kwargs.get("input")
        if kind is None or not isinstance(x, Tensor) or not x.is_floating_point() or not x.dim() or not x.numel():
            return None
        if x.is_leaf and x.requires_grad:
            return None  # a parameter that is kept positive: no samples, so no units
        frame = _user_frame(sys._getframe(2))
        fed = self._fed.get(id(x))
        if fed is not None and fed.tensor() is x:
            layer, weight, axis = fed.layer, fed.weight, x.dim() + fed.axis
        elif x.dim() < 2:
            return None  # no layer made it and it has no axis of units: a clamp inside a loss, say
        else:
            layer, weight = self._module_around(sys._getframe(2)) or "", None
            axis = 1 if x.dim() > 3 else x.dim() - 1
        applied = Applied(kind=kind, axis=axis)
        seen = Seen(layer, weight, _place(frame), applied, x.shape[axis], len(self._seen))
        for name, probe in self._probes:
            seen.measured[name] = self._parts.attempt(name, probe.before, x.detach(), seen.applied) or ()
        return seen

    def _after(self, seen: Seen, y: Tensor) -> None:
        if not y.requires_grad:
            return  # no backward pass can reach it: not training
        for name, probe in self._probes:
            seen.measured[name] += self._parts.attempt(name, probe.after, y.detach(), seen.applied) or ()

        def reached(gradient: Tensor) -> None:
            if seen.trained or not observable():
                return  # a second backward pass through the same graph, or one that the script itself looks at
            begun = time.perf_counter()
            seen.trained = True
            with measuring():
                for name, probe in self._probes:
                    seen.measured[name] += (
                        self._parts.attempt(name, probe.backward, gradient.detach(), seen.applied) or ()
                    )
            self.cost += time.perf_counter() - begun

        axis = seen.applied.axis - y.dim()
        self._fed[id(y)] = Fed(weakref.ref(y), seen.layer, seen.weight, axis, self.calls, seen)
        y.register_hook(reached)  # type: ignore[no-untyped-call]  # torch's
        self._seen.append(seen)

    def _module_around(self, frame: FrameType | None) -> str | None:
        """The path of the innermost module whose `forward` is running."""
        module = _running_module(frame)
        return None if module is None else self._names.of(module, frame)


def measured(seen: list[Seen], name: str) -> list[Tensors]:
    """What one probe measured, once per time the activations were applied."""
    return [s.measured[name] for s in seen]


def _running_module(frame: FrameType | None) -> torch.nn.Module | None:
    """The innermost module whose `forward` is running."""
    while frame is not None:
        if frame.f_code is torch.nn.Module._call_impl.__code__:
            module: torch.nn.Module = frame.f_locals["self"]
            return module
        frame = frame.f_back
    return None


def _user_frame(frame: FrameType | None) -> FrameType | None:
    while frame is not None and frame.f_code.co_filename.startswith(_SKIPPED_CODE):
        frame = frame.f_back
    return frame


def _place(frame: FrameType | None) -> str:
    return "" if frame is None else f"{_shown(frame.f_code.co_filename)}:{frame.f_lineno}"


def callers(frame: FrameType | None, most: int = 4) -> str:
    """The lines of the user's code that lead to a call, the innermost first: it tells passes apart that share code."""
    places: list[str] = []
    while len(places) < most and (frame := _user_frame(frame)) is not None:
        places.append(_place(frame))
        frame = None if frame.f_code.co_name == "<module>" else frame.f_back
    return " < ".join(places)


@cache
def _shown(filename: str) -> str:
    """The file relative to the working directory where it lies below it, as the user would type it."""
    try:
        return str(Path(filename).resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return filename
