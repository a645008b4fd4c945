"""The number a backward call starts from, as the user knows it: unscaled, and read without waiting for a GPU."""

import functools
import weakref
from typing import Any

import torch
from torch import Tensor

from rectifier.watcher.unnoticed import measuring, observable


class Losses:
    """Collects the losses of the backward calls that lead to one step.

    On the CPU a loss is read at once. On another device a copy of the scalar stays there until `fetch`.
    """

    def __init__(self) -> None:
        self.scaled: dict[int, tuple[weakref.ref[Tensor], Tensor]] = {}  #: what a GradScaler gave, and for what
        self._original = torch.amp.GradScaler.scale

    def install(self) -> None:
        """Remember, for each loss that a GradScaler scaled, the loss itself."""
        original, scaled = self._original, self.scaled

        @functools.wraps(original)
        def scale(scaler: Any, outputs: Any) -> Any:
            result = original(scaler, outputs)
            if isinstance(outputs, Tensor) and isinstance(result, Tensor) and observable():
                with measuring():
                    scaled.clear()
                    scaled[id(result)] = (weakref.ref(result), outputs.detach())
            return result

        torch.amp.GradScaler.scale = scale  # type: ignore[assignment, method-assign]  # the same signature

    def uninstall(self) -> None:
        torch.amp.GradScaler.scale = self._original  # type: ignore[method-assign]  # put back

    def read(self, tensors: Any) -> float | Tensor | None:
        """The loss of a backward call on `tensors`: a number, a scalar still on its device, or None if it has none."""
        if isinstance(tensors, Tensor):
            tensors = (tensors,)
        total: float | Tensor | None = None
        for tensor in tensors:
            if not isinstance(tensor, Tensor) or tensor.numel() != 1:
                continue
            reference, unscaled = self.scaled.pop(id(tensor), (None, None))
            if reference is not None and reference() is tensor:
                tensor = unscaled
            value = tensor.item() if tensor.device.type == "cpu" else tensor.detach().clone()
            total = value if total is None else total + value
        return total
