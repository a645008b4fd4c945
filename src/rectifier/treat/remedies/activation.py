"""Use another activation wherever one is used: as a module, a function, a method, in place or not.

`old` are the catalogue names of those to be replaced, `new` is the one used instead, with `values` as its arguments;
`layers` are the layers behind which it is replaced, all if there are none given. A clamp or a ReLU outside every
module's forward pass, in a loss say, is left alone where the script has modules.

The weights of `prelu` are made where it is first used behind a layer, one for each such place, given to the optimizer
that holds the layer's own weights and trained with them.
"""

import functools
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rectifier import catalogue

if TYPE_CHECKING:
    from rectifier.treat.code import Code
    from rectifier.treat.inside.script import Script

PARAMETERS = {"new": "leaky_relu", "old": ("relu",), "values": (), "layers": ()}
SAFETY = "unsafe"
_LEAKY, _ELU = {"new": "leaky_relu"}, {"new": "elu"}
_BOUNDED = {"new": "relu", "old": ("sigmoid", "tanh", "hardtanh", "hardsigmoid", "softsign")}
NAMES = {
    "leaky-relu": (_LEAKY, _ELU),
    "relu": (_BOUNDED,),
}
ILLNESSES = {
    "dying-relu": (_LEAKY, _ELU),
    "born-dead-relu": (_LEAKY, _ELU),
    "vanishing-gradient": (_BOUNDED, {"new": "tanh", "old": ("sigmoid", "hardsigmoid")}),
    "saturated-activation": (_BOUNDED, {**_BOUNDED, "new": "leaky_relu"}),
}

#: Spellings that can apply each of them; `judge_of` says by the arguments whether a call does.
_SPELLINGS = {
    "relu": ("relu", "clamp", "clip", "clamp_min", "maximum", "threshold", "leaky_relu"),
    "relu6": ("relu6", "clamp", "clip", "hardtanh"),
}
#: Written with a method of the tensor, a clamp is as often part of a loss or of a data preparation as an activation.
_ONLY_IN_MODULES = ("clamp", "clip", "clamp_min", "maximum", "threshold")


def label(new: str, old: tuple[str, ...], values: tuple[float, ...], layers: tuple[str, ...]) -> str:
    where = f" behind {', '.join(layers)}" if layers else ""
    arguments = f" ({', '.join(map(str, values))})" if values else ""
    return f"activation: {' and '.join(old)} -> {new}{arguments}{where}"


def summary(new: str, old: tuple[str, ...], values: tuple[float, ...], layers: tuple[str, ...]) -> str:
    where = f" behind {', '.join(layers)}" if layers else ""
    arguments = f" ({', '.join(map(str, values))})" if values else ""
    return f"Replace {' and '.join(old)} by {new}{arguments}{where}."


class _Swap:
    """Replaces the functions; calls made from inside of one of them are not replaced again."""

    def __init__(self, script: "Script", new: str, old: set[str], values: tuple[float, ...], layers: set[str]) -> None:
        self._script, self._new, self._old, self._layers = script, new, old, layers
        self._apply, self._apply_in_place = _functions(new, values)
        self._inside = threading.local()
        self._weights: dict[object, tuple[Any, weakref.ref[Any] | None]] = {}  # place: weight, layer
        self._given: weakref.WeakSet[Any] = weakref.WeakSet()
        self._names: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()

    def wrap(self, name: str, original: Any, judge: Callable[..., Any]) -> Any:
        in_place_name, guarded = name.endswith("_"), name.rstrip("_") in _ONLY_IN_MODULES

        @functools.wraps(original)
        def activation(*args: Any, **kwargs: Any) -> Any:
            if getattr(self._inside, "on", False):
                return original(*args, **kwargs)
            kind = judge(args, kwargs)
            x = args[0] if args else kwargs.get("input")
            if kind is None or kind.name not in self._old or not self._is_meant(x, guarded):
                return original(*args, **kwargs)
            self._inside.on = True
            try:
                return self._replaced(x, in_place_name or _is_in_place(name, args, kwargs))
            finally:
                self._inside.on = False

        return activation

    def _is_meant(self, x: Any, guarded: bool) -> bool:
        import torch

        if not self._script.depth:
            if self._script.has_modules or guarded:
                return False  # in a loss
            if torch.is_grad_enabled() and not x.requires_grad:
                return False  # where data is prepared
        return not self._layers or self._layer() in self._layers

    def _layer(self) -> str:
        layer = self._script.layer and self._script.layer()
        if layer is None:
            return ""
        if layer not in self._names:
            for root in self._script.models:
                for path, module in root.named_modules():
                    self._names.setdefault(module, path)
        return self._names.get(layer, "")

    def _replaced(self, x: Any, in_place: bool) -> Any:
        self._script.acted["activation"] += 1
        if in_place and self._apply_in_place is not None:
            return self._apply_in_place(x)
        given = x.clone() if in_place else x  # what is overwritten is not kept for the backward pass
        y = self._apply(given, self._weight(x).to(x.dtype)) if self._new == "prelu" else self._apply(given)
        return x.copy_(y) if in_place else y

    def _weight(self, x: Any) -> Any:
        import torch

        layer = self._script.layer and self._script.layer()
        place = id(layer) if layer is not None else _line()
        if place not in self._weights or self._weights[place][0].device != x.device:
            weight = torch.nn.Parameter(torch.full((1,), 0.25, device=x.device))
            self._weights[place] = (weight, self._script.layer)
        return self._weights[place][0]

    def give_weights(self, optimizer: Any) -> None:
        """Hand new weights to the optimizer that is about to step if it holds the weights of their layers."""
        for weight, reference in self._weights.values():
            if weight in self._given:
                continue
            layer = reference() if reference is not None else None
            for group in optimizer.param_groups:
                if layer is None or any(p is own for p in group["params"] for own in layer.parameters()):
                    group["params"].append(weight)
                    self._given.add(weight)
                    break

    def clear_gradients(self, optimizer: Any) -> None:
        """The script may clear its model's gradients only, of which these weights are no part."""
        for weight, _ in self._weights.values():
            weight.grad = None


def _is_in_place(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    if "inplace" in kwargs:
        return bool(kwargs["inplace"])
    position = {"relu": 1, "leaky_relu": 2, "threshold": 3, "hardtanh": 3, "elu": 2}.get(name)
    return position is not None and len(args) > position and args[position] is True


def _line() -> str:
    import sys

    frame = sys._getframe(4)
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _functions(name: str, values: tuple[float, ...]) -> tuple[Callable[..., Any], Callable[..., Any] | None]:
    """The function, and the one that works in place where torch has it: its backward pass rounds otherwise."""
    import inspect

    import torch
    from torch.nn import functional

    member = catalogue.get(name)
    if name == "gelu_tanh":
        return functools.partial(functional.gelu, approximate="tanh"), None
    own = getattr(functional, name, None) or getattr(torch, name, None)
    if own is None:
        from rectifier.nn import functional as ours

        own = getattr(ours, name)
    named = dict(zip((p.name for p in member.parameters), values, strict=False))
    if name == "prelu":
        return own, None
    takes = own.__module__ == functional.__name__ and "inplace" in inspect.signature(own).parameters
    return functools.partial(own, **named), functools.partial(own, **named, inplace=True) if takes else None


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    import torch
    from torch.nn import functional

    from rectifier.watcher.activations import judge_of, stands_for

    old = set(parameters["old"])
    swap = _Swap(script, parameters["new"], old, tuple(parameters["values"]), set(parameters["layers"]))
    script.watch_modules()
    new = (parameters["new"], tuple(parameters["values"]))
    script.follows = lambda layer, found: (
        new if found[0] in old and layer in (parameters["layers"] or (layer,)) else found
    )
    if parameters["new"] == "prelu":
        script.before_step(swap.give_weights)
        script.after_step(swap.clear_gradients)
    for name in {spelling for each in old for spelling in _SPELLINGS.get(each, (each,))}:
        for place in (functional, torch, torch.Tensor):
            for spelling in (name, f"{name}_"):
                original = getattr(place, spelling, None)
                judge = judge_of(original) if original is not None else None
                if judge is not None:
                    wrapped = swap.wrap(spelling, original, judge)
                    setattr(place, spelling, wrapped)
                    stands_for(wrapped, original)


def edit(code: "Code", new: str, old: tuple[str, ...], values: tuple[float, ...], layers: tuple[str, ...]) -> bool:
    return not layers and code.replace_activation(old, new, values)
