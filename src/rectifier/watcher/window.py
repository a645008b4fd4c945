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
from dataclasses import dataclass, field, replace
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
from rectifier.watcher.networks import Networks
from rectifier.watcher.parts import Parts
from rectifier.watcher.probes import ActivationProbe, Applied, Tensors
from rectifier.watcher.unnoticed import measuring, observable, unasked

#: After so many activations that no backward pass has followed, it is no training: inference without `no_grad`.
WEARY = 2000
#: An activation that is applied over and over in one look, as in a loop over time, is measured so often; then at the
#: 16th, 32nd, ... time.
_SAMPLE = 8
#: Looks that are "lately": longer than any that take turns need.
_LATELY = 4
#: Of so many inputs of a look, of so many of their samples, so many numbers are kept to tell them apart.
_INPUTS, _SAMPLES, _NUMBERS = 2, 512, 8
#: Asking a tensor for its gradient is no use of it.
_ASKED = {"__get__", "__set__"}
#: Of a list that a call is given or gives, so many tensors are followed.
_PARTS = 64


@dataclass(slots=True)
class Fed:
    """Which layer made a tensor, and along which axis its units lie (from the end: batches do not matter)."""

    tensor: weakref.ref[Tensor]
    network: int | None
    layer: str
    weight: weakref.ref[Tensor] | None  #: None if it was computed from a parameter, as with weight normalisation
    axis: int | None  #: None where the units cannot be told any more: flattened, concatenated
    order: int  #: among the calls of this look
    before: "Seen | None" = None  #: the last activation before that layer
    through: "Seen | None" = None  #: the last activation it has passed since

    @property
    def last(self) -> "Seen | None":
        """The last activation on the way to it."""
        return self.through or self.before


@dataclass(slots=True)
class Seen:
    """An activation that was applied once on the looked-at step, with what the probes saw of it."""

    network: int | None
    layer: str
    weight: weakref.ref[Tensor] | None
    nth: int  #: among the activations behind its layer
    after: "Seen | None"  #: the activation before it on the way through the network
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
    depth: int = 1  #: how many activations lie on the way to it, with itself
    hook: weakref.ref[Any] | None = None  #: which lives as long as a backward pass can still reach it

    def is_of_same_layer(self, other: "Seen") -> bool:
        """Whether both are the same activation behind the same layer."""
        own, others = (s.weight and s.weight() for s in (self, other))
        return own is others and (self.network, self.layer, self.nth) == (other.network, other.layer, other.nth)

    def samples_first(self, x: Tensor) -> Tensor:
        """The tensor as probes take it: a column for each sample is a row for each, and no batch is one of one."""
        x = x.detach()
        if not self.first:
            return x
        return x.t() if x.dim() == 2 else x.unsqueeze(0)


class Applications:
    """How often an activation was applied in a look. In a loop over time it is measured at the first `_SAMPLE` times,
    then at the 16th, 32nd, ...; those that no backward pass can reach any more do not count."""

    __slots__ = ("_count", "measured")

    def __init__(self) -> None:
        self._count = 0
        self.measured: list[Seen] = []

    def one_is_sampled(self) -> bool:
        """Whether the one that comes now is to be measured."""
        if self._count >= _SAMPLE and not any(s.hook is not None and s.hook() is not None for s in self.measured):
            self._count, self.measured = 0, []  # passes without training came before
        self._count += 1
        return self._count <= _SAMPLE or self._count & (self._count - 1) == 0


class Window(TorchFunctionMode):
    """The mode, and what was seen under it until `take`."""

    def __init__(
        self,
        names: Names,
        networks: Networks,
        probes: list[tuple[str, ActivationProbe]],
        parts: Parts,
        on_weary: Callable[[], None],
    ) -> None:
        super().__init__()
        self._on_weary = on_weary  # has it closed: from inside a call it cannot be
        self._names, self._networks, self._probes, self._parts = names, networks, probes, parts
        self._latest: dict[int | None, Seen] = {}  # by network: what stands in for a way that could not be followed
        self.passes: list[set[int]] = []  #: of each backward call since `take`, the networks that it reached
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
        self._applied: dict[object, Applications] = {}  # by activation
        self._leaves: dict[int, weakref.ref[Tensor]] = {}
        self._used: dict[int, int] = {}  # by a leaf's id, the last look in which it was used
        self._looks = 0  # so far
        self.inputs: list[Tensor] = []  #: of what layers were given that no layer made: a few numbers of each sample
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
        self._latest.clear()
        self._applied.clear()

    def take(self) -> tuple[list[Seen], float, int]:
        """What was seen and trained since the last call, what it cost in seconds, and how many calls it was."""
        seen, cost, calls = [s for s in self._seen if s.trained], self.cost, self.calls
        for s in seen:
            s.measured = {name: tensors + s.signal.get(name, ()) for name, tensors in s.measured.items()}
        self._seen, self.passes, self.inputs, self.cost, self.calls = [], [], [], 0.0, 0
        self._looks += 1
        self._places.clear()
        return seen, cost, calls

    def made(self, tensor: Any) -> Fed | None:
        """Which layer made a tensor, if the window was open; its units may be lost since."""
        found = self._fed.get(id(tensor))
        return found if found is not None and found.tensor() is tensor else None

    def used(self) -> set[int]:
        """Ids of the parameters that functions were called with, dead or alive."""
        return set(self._leaves)

    def leaves(self, *, lately: bool = False) -> list[Tensor]:
        """The parameters that functions were called with, in order of first use: all, or those of the last looks. What
        was only called once, to see the shape of a result, is not used in training."""
        first = self._looks - _LATELY if lately else 0
        leaves = [leaf for reference in self._leaves.values() if (leaf := reference()) is not None]
        return [leaf for leaf in leaves if self._used[id(leaf)] >= first]

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        begun = time.perf_counter()
        kwargs = kwargs or {}
        came_from = caller(sys._getframe(1))
        if self.weary or not observable():
            return call(came_from, func, args, kwargs)
        seen = passed = None
        training = torch.is_grad_enabled()
        try:
            if self._given:
                self._take_given(args)
            if judge_of(func) is not None or self._masks.may_rectify(func):
                before = self._applied.setdefault(self._key(func, args, came_from), Applications())
                if before.one_is_sampled():
                    with measuring():
                        seen = self._before(func, args, kwargs, training)
                    if seen is not None:
                        before.measured.append(seen)
                elif before.measured:
                    passed = before.measured[-1]
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
                    self._feed(func, args, kwargs, result, passed)
                if seen is not None:
                    with measuring():
                        self._after(seen, result)
            elif isinstance(result, tuple | list):
                if func in FUSED:
                    self._fused(func)
                self._spread(args, kwargs, result)
        except Exception as error:  # noqa: BLE001  as above
            self._parts.fail("window", error)
        self.calls += 1
        self.cost += time.perf_counter() - returned + called - begun
        return result

    def _fused(self, function: Any) -> None:
        self._parts.unseen(
            f"the gates of {FUSED[function]}", "they run inside one call; gradients and updates are seen"
        )

    def _key(self, func: Any, args: Any, frame: FrameType) -> object:
        """What the applications of one activation have in common: the layer that feeds it, or the line."""
        fed = self.made(args[0]) if args else None
        if fed is not None and fed.axis is not None:
            return func, fed.layer, fed.network, id(fed.weight and fed.weight()), frame.f_code, frame.f_lasti
        user = user_frame(frame)
        return func, user and user.f_code, user and user.f_lasti, id(_running_module(frame))

    def _feed(self, func: Any, args: Any, kwargs: Any, result: Tensor, passed: Seen | None) -> None:
        """Note which layer's units the result holds; `passed` is an activation that was applied and not measured."""
        fed: Fed | None = None
        given = () if getattr(func, "__name__", "") in _ASKED else (*args, *kwargs.values())
        for argument in given:
            if isinstance(argument, Tensor) and argument.requires_grad and argument.is_leaf:
                known_leaf = self._leaves.get(id(argument))
                if known_leaf is None or known_leaf() is None:
                    self._leaves[id(argument)] = weakref.ref(argument)
                self._used[id(argument)] = self._looks
        self._masks.note(func, args, result)
        fed, last = self._source(args, kwargs)
        if func in FUSED:
            self._fused(func)
        elif (made := weight_of(func, args, kwargs)) is not None:
            weight, axis = made
            network, layer = self._layer(weight, sys._getframe(2))
            known = weakref.ref(weight) if weight.is_leaf else None
            for argument in args[:2]:
                taken = self.made(argument)
                if taken is not None and taken.through is not None:
                    taken.through.feeds = True
            if fed is None:
                self._note_input(args)
                last = self._stand_in(network, args)
            self._fed[id(result)] = Fed(weakref.ref(result), network, layer, known, axis, self.calls, last)
            return
        if fed is not None and (source := fed.tensor()) is not None:
            axes = fed.axis
            if axes is not None:
                same_rank = result.dim() == source.dim() and result.dim() >= -axes
                kept = (same_rank or (axes == -1 and result.dim())) and result.shape[axes] == source.shape[axes]
                axes = axes if kept and any(each is source for each in (*args, *kwargs.values())) else None
            before, through = (fed.before, passed or fed.through) if last is fed.last else (last, passed)
            self._fed[id(result)] = Fed(
                weakref.ref(result), fed.network, fed.layer, fed.weight, axes, fed.order, before, through
            )

    def _note_input(self, args: Any) -> None:
        """A layer is given what no layer made: the data. A few numbers tell its samples apart."""
        x = next((a for a in args[:2] if isinstance(a, Tensor) and not a.requires_grad), None)
        if x is None or x.dim() < 2 or x.is_sparse or not x.numel() or len(self.inputs) >= _INPUTS:
            return
        with measuring():
            rows = x.detach()[:_SAMPLES].flatten(1)
            few = rows[:, :: max(1, rows.shape[1] // _NUMBERS)].double()
            self.inputs.append(torch.cat([few, rows.double().sum(1, keepdim=True)], 1))

    def _source(self, args: Any, kwargs: Any) -> tuple[Fed | None, Seen | None]:
        """Of what a call was given, that which the latest layer made; and the activation that lies furthest on."""
        fed: Fed | None = None
        last: Seen | None = None
        for argument in (*args, *kwargs.values())[:4]:
            for each in argument[:_PARTS] if type(argument) in (list, tuple) else (argument,):
                found = self._fed.get(id(each))
                if found is None or found.tensor() is not each:
                    continue
                if fed is None or found.order > fed.order:
                    fed = found
                if found.last is not None and (last is None or found.last.depth > last.depth):
                    last = found.last
        return fed, last

    def _spread(self, args: Any, kwargs: Any, results: Any) -> None:
        """A call gave several tensors: the units are not told apart any more, but the way is."""
        fed, last = self._source(args, kwargs)
        if fed is None:
            return
        for each in results[:_PARTS]:
            if isinstance(each, Tensor):
                self._fed[id(each)] = replace(fed, tensor=weakref.ref(each), axis=None, before=last, through=None)

    def _stand_in(self, network: int | None, args: Any) -> Seen | None:
        """The last activation seen in a network, where what its layer is given came in a way that was not seen."""
        unknown = any(isinstance(x, Tensor) and x.requires_grad and not x.is_leaf for x in args[:2])
        return self._latest.get(network) if unknown else None

    def _layer(self, weight: Tensor, frame: FrameType) -> tuple[int | None, str]:
        """Network and path of the layer that a weight belongs to: of tied ones, the layer that is running."""
        module = _running_module(frame)
        if module is not None and weight.is_leaf and not self._names.knows(weight):
            self._names.learn(module)  # another outermost module than the one that opened the window
        if module is not None and any(p is weight for p in module._parameters.values()):
            return self._networks.of(module, frame), self._names.path(module, frame) or ""
        if not weight.is_leaf:
            return self._around(frame)
        name = self._names.owner(weight, frame) or ""
        return self._networks.of(weight, frame), name

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
        fed = self.made(x)
        nth = 0
        if fed is not None and fed.axis is not None:
            network, layer, weight, axis = fed.network, fed.layer, fed.weight, x.dim() + fed.axis
            nth = 0 if fed.through is None else fed.through.nth + 1
        elif x.dim() < 2:
            return None  # no layer made it and it has no axis of units: a clamp inside a loss, say
        else:
            (network, layer), weight = self._around(sys._getframe(2)), None
            axis = 1 if x.dim() > 3 else x.dim() - 1
        after = fed.last if fed is not None else self._stand_in(network, (x,))
        applied = Applied(kind=kind, axis=axis or 1)
        seen = Seen(network, layer, weight, nth, after, place, applied, x.shape[axis], len(self._seen), own=own)
        seen.first, seen.depth = axis == 0, 1 if after is None else after.depth + 1
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
            if self.in_backward and self.passes and seen.network is not None:
                self.passes[-1].add(seen.network)
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
        of = (seen.network, seen.layer, seen.weight)
        self._fed[id(y)] = Fed(weakref.ref(y), *of, axis, self.calls, seen.after, seen)
        self._latest[seen.network] = seen
        seen.hook = weakref.ref(reached)
        y.register_hook(reached)  # type: ignore[no-untyped-call]  # torch's
        self._seen.append(seen)
        if len(self._seen) >= WEARY and not any(s.trained for s in self._seen):
            self._seen.clear()
            self.weary = True
            self._on_weary()

    def _around(self, frame: FrameType | None) -> tuple[int | None, str]:
        """Network and path of the innermost module whose `forward` is running."""
        module = _running_module(frame)
        if module is None:
            return None, ""
        path = self._names.path(module, frame) or ""
        return self._networks.of(module, frame), path


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
