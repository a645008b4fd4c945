"""A network's input brought to mean 0 and variance 1 by what its first training passes have shown."""

from typing import Any

import torch
from torch import Tensor, nn

#: A feature with less than this share of the standard deviation of all is scaled by that of all. Chosen by us: pixels
#: at the rim of an image are almost constant, and would be blown up.
FLAT = 0.1


class InputScale:
    """Mean and standard deviation of inputs, from sums over the first `batches` of them."""

    def __init__(self, batches: int) -> None:
        self._left, self._count = batches, 0
        self._total: Any = None
        self._squares: Any = None
        self.mean: Tensor | None = None
        self.deviation: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor | None:
        """The input scaled, after learning from it in a training pass; None where nothing has been learned yet."""
        if not isinstance(x, Tensor) or not x.is_floating_point() or not x.numel() or x.requires_grad:
            return None  # what requires a gradient was made by another network
        if torch.is_grad_enabled() and self._left:
            with torch.no_grad():
                self._learn(x)
        if self.mean is None or self.deviation is None:
            return None
        exact = torch.promote_types(x.dtype, torch.float32)  # in 16 bits a small deviation would be zero
        return ((x.to(exact) - self.mean.to(x.device, exact)) / self.deviation.to(x.device, exact)).to(x.dtype)

    def fix(self, mean: Tensor, deviation: Tensor) -> None:
        """Use these from now on and learn no more."""
        self.mean, self.deviation, self._left = mean, deviation, 0

    def _learn(self, x: Tensor) -> None:
        axes = _others(x)
        values = x.detach().to(torch.float32 if x.device.type == "mps" else torch.float64)
        size = values.numel() // max(1, values.shape[1] if len(axes) < values.dim() else 1)
        total, squares = values.sum(axes, keepdim=True), values.square().sum(axes, keepdim=True)
        self._total = total if self._total is None else self._total + total
        self._squares = squares if self._squares is None else self._squares + squares
        self._count += size
        self._left -= 1
        self.mean = self._total / self._count
        variance = (self._squares / self._count - self.mean.square()).clamp(min=0)
        everything = (self._squares.mean() / self._count - self.mean.mean().square()).clamp(min=1e-24).sqrt()
        deviation = variance.sqrt()
        self.deviation = deviation.where(deviation >= FLAT * everything, everything)


def _others(x: Tensor) -> tuple[int, ...]:
    """The axes to average over: not the features of a table, nor the channels of an image."""
    return tuple(d for d in range(x.dim()) if d != 1) if x.dim() in (2, 4) else tuple(range(x.dim()))


class _BeforeForward:
    """The hook. Mean and deviation are buffers of the module, so that they are saved and moved with it."""

    def __init__(self, batches: int) -> None:
        self._scale = InputScale(batches)

    @torch.compiler.disable  # type: ignore[untyped-decorator]  # torch's
    def __call__(self, module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        scaled = self._scale(args[0]) if args else None
        if scaled is None:
            return None
        module.register_buffer("input_mean", self._scale.mean)
        module.register_buffer("input_deviation", self._scale.deviation)
        return (scaled, *args[1:])

    def loading(self, module: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
        """What is loaded is used, and nothing learned any more."""
        found = [state.get(f"{prefix}{name}") for name in ("input_mean", "input_deviation")]
        if found[0] is not None and found[1] is not None:
            self._scale.fix(found[0].clone(), found[1].clone())
            module.register_buffer("input_mean", self._scale.mean)
            module.register_buffer("input_deviation", self._scale.deviation)


def standardize_input_(model: nn.Module, batches: int = 20) -> nn.Module:
    """Let a model scale its first argument to mean 0 and variance 1 whenever it is called; returns the model.

    Mean and variance are taken over the inputs of the first `batches` training passes (those with gradients on), for
    each feature of a table, each channel of an image, and over everything where the input has another shape; then they
    stay. A feature that hardly varies is scaled by the standard deviation of all. Integers (tokens, classes) and inputs
    that require a gradient are left alone. Scaling the data where it is loaded is clearer; use this where that is not
    convenient.

    They are buffers of the model, `input_mean` and `input_deviation`, and are saved with it; to load them, call this on
    the new model first. Raises TypeError for what is no module.

    >>> net = standardize_input_(nn.Sequential(nn.Linear(3, 1)))
    >>> _ = net(torch.tensor([[0.0, 500.0, 255.0], [2.0, 100.0, 0.0]]))
    >>> net.input_mean
    tensor([[  1.0000, 300.0000, 127.5000]], dtype=torch.float64)
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"standardize_input_ works on a torch.nn.Module, got {type(model).__name__}.")
    hook = _BeforeForward(batches)
    model.register_forward_pre_hook(hook)
    model.register_load_state_dict_pre_hook(hook.loading)
    return model
