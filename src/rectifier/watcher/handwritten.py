"""ReLU as users write it themselves: `x * (x > 0)`, `torch.where(x > 0, x, 0)`."""

import weakref
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

_COMPARISONS = {
    function for place in (torch, Tensor) for name in ("gt", "ge", "__gt__", "__ge__")
    if (function := getattr(place, name, None)) is not None
}  # fmt: skip
_CONVERSIONS = {Tensor.float, Tensor.double, Tensor.half, Tensor.bfloat16, Tensor.to, Tensor.type_as, Tensor.type}
_PRODUCTS = {torch.mul, torch.multiply, Tensor.mul, Tensor.multiply, Tensor.__mul__, Tensor.__rmul__}
_CHOICES = {torch.where}


class Masks:
    """Remembers which tensor is `x > 0` of which `x`, for as long as they live."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[weakref.ref[Tensor], weakref.ref[Tensor]]] = {}

    def may_rectify(self, function: Any) -> bool:
        """Whether a call of this function may be one of `rectified`'s."""
        return bool(self._of) and (function in _PRODUCTS or function in _CHOICES)

    def clear(self) -> None:
        """Forget them."""
        self._of.clear()

    def note(self, function: Any, args: tuple[Any, ...], result: Tensor) -> None:
        """A call that may make such a mask, or another type of one."""
        if function in _COMPARISONS:
            if len(args) == 2 and isinstance(args[0], Tensor) and _is_zero(args[1]):
                self._of[id(result)] = (weakref.ref(result), weakref.ref(args[0]))
        elif self._of and function in _CONVERSIONS and (x := self._masked(args[0])) is not None:
            self._of[id(result)] = (weakref.ref(result), weakref.ref(x))

    def rectified(self, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Tensor | None:
        """The `x` of a call that computes `x * (x > 0)` in one of its ways; None if it is another call."""
        if kwargs or len(args) < 2:
            return None
        if function in _PRODUCTS:
            for x, mask in (args[:2], args[1::-1]):
                if isinstance(x, Tensor) and self._masked(mask) is x:
                    return x
        elif function in _CHOICES and len(args) == 3 and _is_zero(args[2]) and self._masked(args[0]) is args[1]:
            found: Tensor | None = args[1]
            return found
        return None

    def _masked(self, mask: object) -> Tensor | None:
        known = self._of.get(id(mask))
        return known[1]() if known is not None and known[0]() is mask else None


def _is_zero(value: object) -> bool:
    if isinstance(value, Tensor):  # one that lies elsewhere would have to be waited for
        return value.numel() == 1 and value.device.type == "cpu" and value.item() == 0
    return isinstance(value, int | float) and value == 0
