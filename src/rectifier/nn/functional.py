"""Activations as functions, in place of those of torch.nn.functional: same arguments and results, less time and memory.

What is kept for backward is said with each; it holds where the kernels compute, elsewhere it is torch's own. Whatever
else torch.nn.functional has is found here too, so `import rectifier.nn.functional as F` may replace its
import.

>>> import torch
>>> import rectifier.nn.functional as F
>>> F.leaky_relu(torch.tensor([-2.0, 3.0]), negative_slope=0.5)
tensor([-1.,  3.])
>>> F.linear(torch.ones(2), torch.ones(3, 2))
tensor([2., 2., 2.])
"""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as own
from torch.overrides import handle_torch_function, has_torch_function

from rectifier import catalogue
from rectifier._arguments import bind
from rectifier.catalogue import Activation
from rectifier.nn import definitions, native
from rectifier.nn.native import apply, kernel, takes

# From how many elements on the kernels are used: where they are quicker than torch, forward and backward together, as
# `python -m benchmarks.torch_activations --crossover` measured it (docs/bench_torch.md). Those that keep one bit are
# used where they are about as quick, since what they spare is memory (and inside `lean` from 4096 elements on). At the
# largest sizes all are quicker, for their memory was used before.
_BITS, _HUGE = 1 << 20, 1 << 23

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848, 1.0507009873554804934

_RELU = kernel("relu", _BITS)
_LEAKY_RELU = kernel("leaky_relu", _BITS)
_RELU6 = kernel("relu6", _BITS)
_HARDTANH = kernel("hardtanh", _BITS)
_THRESHOLD = kernel("threshold", _BITS)
_HARDSHRINK = kernel("hardshrink", _BITS)
_SOFTSHRINK = kernel("softshrink", _BITS)
_HARDSIGMOID = kernel("hardsigmoid", _BITS)
_HARDSWISH = kernel("hardswish", _HUGE)
_SOFTSIGN = kernel("softsign", 1 << 8)
_GELU = kernel("gelu", _HUGE)
_GELU_TANH = kernel("gelu_tanh", _HUGE)
_SILU = kernel("silu", _HUGE)
_MISH = kernel("mish", 1 << 12)
_LOGSIGMOID = kernel("logsigmoid", 1 << 17, lambda y: -torch.expm1(y))
_TANHSHRINK = kernel("tanhshrink", 1 << 14)
_ELU = kernel("elu", 1 << 15, lambda y, alpha: torch.where(y <= 0, y + alpha, 1))
_CELU = kernel("celu", 1 << 15, lambda y, alpha: torch.where(y <= 0, y / alpha + 1, 1))
_SELU = kernel("selu", 1 << 15, lambda y: torch.where(y <= 0, y + _SELU_SCALE * _SELU_ALPHA, _SELU_SCALE))
_SIGMOID = kernel("sigmoid", _HUGE, lambda y: (1 - y) * y)
_TANH = kernel("tanh", 1 << 14, lambda y: 1 - y * y)
_SOFTPLUS = kernel("softplus", 1 << 15, lambda y, beta: -torch.expm1(-beta * y))


def _own(ours: Callable[..., Tensor], theirs: Callable[..., Tensor], *given: Any, **named: Any) -> Tensor:
    """Torch's own function; but tensor subclasses and function modes are asked first, and see ours."""
    if has_torch_function(given):
        result: Tensor = handle_torch_function(ours, given, *given, **named)
        return result
    return theirs(*given, **named)


def _lowered(device: str) -> bool:
    """Whether autocast computes in a type of lower precision there."""
    return torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(0, x). Keeps one bit per element for backward."""
    if takes(_RELU, input, inplace):
        return apply(_RELU, input, (), inplace)
    return _own(relu, own.relu, input, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x, or negative_slope x where x is not positive. Keeps one bit per element for backward."""
    if takes(_LEAKY_RELU, input, inplace):
        return apply(_LEAKY_RELU, input, (negative_slope,), inplace, (1, negative_slope), blocks=False)
    return _own(leaky_relu, own.leaky_relu, input, negative_slope, inplace)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x, or weight x where x is not positive; one weight for all or one for each channel.

    While the weight is learned its gradient needs the input, which is kept. A single weight that is not learned makes
    it a leaky ReLU, which keeps one bit per element.
    """
    learned = torch.is_grad_enabled() and weight.requires_grad
    alike = type(weight) in (Tensor, torch.nn.Parameter) and weight.dtype == input.dtype
    alike = alike and not _lowered(input.device.type)  # what autocast does to prelu
    if not learned and alike and weight.numel() == 1 and takes(_LEAKY_RELU, input):
        negative_slope = float(weight)
        return apply(_LEAKY_RELU, input, (negative_slope,), False, (1, negative_slope), blocks=False)
    return _own(prelu, own.prelu, input, weight)


def rrelu(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """Leaky ReLU with a random slope between the bounds for each element while training, else halfway between them.

    Outside training it keeps one bit per element for backward; the random slopes are torch's own.
    """
    if not training and takes(_LEAKY_RELU, input, inplace):
        return apply(_LEAKY_RELU, input, ((lower + upper) / 2,), inplace, (1, (lower + upper) / 2), blocks=False)
    return _own(rrelu, own.rrelu, input, lower, upper, training, inplace)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(0, x), 6). Keeps one bit per element for backward."""
    if takes(_RELU6, input, inplace):
        return apply(_RELU6, input, (), inplace)
    return _own(relu6, own.relu6, input, inplace)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x held between min_val and max_val. Keeps one bit per element for backward."""
    if min_val <= max_val and takes(_HARDTANH, input, inplace):
        return apply(_HARDTANH, input, (min_val, max_val), inplace)
    return _own(hardtanh, own.hardtanh, input, min_val, max_val, inplace)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where it is above the threshold, else value. Keeps one bit per element for backward."""
    if takes(_THRESHOLD, input, inplace):
        return apply(_THRESHOLD, input, (threshold, value), inplace)
    return _own(_threshold, own.threshold, input, threshold, value, inplace)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x, or 0 where |x| <= lambd. Keeps one bit per element for backward."""
    if takes(_HARDSHRINK, input):
        return apply(_HARDSHRINK, input, (lambd,))
    return _own(hardshrink, own.hardshrink, input, lambd)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x moved towards 0 by lambd, and 0 where that would pass it. Keeps one bit per element for backward."""
    if lambd >= 0 and takes(_SOFTSHRINK, input):
        return apply(_SOFTSHRINK, input, (lambd,))
    return _own(softshrink, own.softshrink, input, lambd)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """(x + 3) / 6 between -3 and 3, else 0 or 1. Keeps one bit per element for backward."""
    if takes(_HARDSIGMOID, input, inplace):
        return apply(_HARDSIGMOID, input, (), inplace, (1 / 6, 0))
    return _own(hardsigmoid, own.hardsigmoid, input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x (x + 3) / 6 between -3 and 3, else 0 or x."""
    if takes(_HARDSWISH, input, inplace):
        return apply(_HARDSWISH, input)
    return _own(hardswish, own.hardswish, input, inplace)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x, or alpha (e^x - 1) where x is not positive. Keeps the output for backward."""
    if alpha >= 0 and takes(_ELU, input, inplace):
        return apply(_ELU, input, (alpha,), inplace)
    return _own(elu, own.elu, input, alpha, inplace)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """scale (x, or alpha (e^x - 1) where x is not positive). Keeps the output for backward."""
    if takes(_SELU, input, inplace):
        return apply(_SELU, input, (), inplace)
    return _own(selu, own.selu, input, inplace)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x, or alpha (e^(x / alpha) - 1) where x is not positive. Keeps the output for backward."""
    if alpha > 0 and takes(_CELU, input, inplace):
        return apply(_CELU, input, (alpha,), inplace)
    return _own(celu, own.celu, input, alpha, inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x times the standard normal distribution at x; approximate="tanh" for the older approximation."""
    chosen = {"none": _GELU, "tanh": _GELU_TANH}.get(approximate)
    if chosen is not None and takes(chosen, input):
        return apply(chosen, input)
    return _own(gelu, own.gelu, input, approximate=approximate)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x sigmoid(x)."""
    if takes(_SILU, input, inplace):
        return apply(_SILU, input)
    return _own(silu, own.silu, input, inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x tanh(softplus(x))."""
    if takes(_MISH, input, inplace):
        return apply(_MISH, input)
    return _own(mish, own.mish, input, inplace)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + e^(beta x)) / beta. Keeps the output for backward.

    Where beta x is above the threshold, torch gives x itself. With the default threshold that is also the rounded
    result, which is what the kernels compute; for a lower one torch's own function is used.
    """
    if takes(_SOFTPLUS, input) and beta > 0 and threshold >= 20 and input.dtype is not torch.float64:
        return apply(_SOFTPLUS, input, (beta,))
    return _own(softplus, own.softplus, input, beta, threshold)


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + e^-x). Keeps the output for backward."""
    if takes(_SIGMOID, input):
        return apply(_SIGMOID, input)
    return _own(sigmoid, own.sigmoid, input)


def logsigmoid(input: Tensor) -> Tensor:
    """log(sigmoid(x)). Keeps the output for backward."""
    if takes(_LOGSIGMOID, input):
        return apply(_LOGSIGMOID, input)
    return _own(logsigmoid, own.logsigmoid, input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent. Keeps the output for backward."""
    if takes(_TANH, input):
        return apply(_TANH, input)
    return _own(tanh, own.tanh, input)


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh(x)."""
    if takes(_TANHSHRINK, input):
        return apply(_TANHSHRINK, input)
    return _own(tanhshrink, own.tanhshrink, input)


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    if takes(_SOFTSIGN, input):
        return apply(_SOFTSIGN, input)
    return _own(softsign, own.softsign, input)


def of_member(member: Activation, x: Tensor, *parameters: Any, axis: int = -1) -> Tensor:
    """Any member of any tensor: by its kernels where they are quicker, else by its definition or torch's own function.

    >>> of_member(catalogue.get("elu"), torch.tensor([0, 1]), 1.0)
    tensor([0., 1.])
    """
    x = definitions.computable(member, x)
    kernels = native.kernels.get(member.name)
    if kernels is None or any(isinstance(p, Tensor) for p in parameters) or not takes(kernels, x):
        return definitions.value(member, x, *parameters, axis=axis)
    function: Callable[..., Tensor] = globals().get(member.name) or __getattr__(member.name)
    return function(x, *parameters)


def _defined(member: Activation) -> Callable[..., Tensor]:
    """A member that torch does not have."""
    kernels = kernel(member.name, 1 << 14) if member.kind == "elementwise" else None

    def elementwise(input: Tensor, *given: float, **named: float) -> Tensor:
        if torch.compiler.is_compiling():
            rest = member.parameters[len(given) :]
            parameters: tuple[float, ...] = (*given, *(named.get(each.name, each.default) for each in rest))
        else:
            parameters, options = bind(member, input, given, named)
            if options:
                raise TypeError(f"{member.name}: {', '.join(options)} works for NumPy arrays, not for torch tensors.")
        if kernels is not None and takes(kernels, input):
            return apply(kernels, input, parameters)
        return _own(function, defined, input, *parameters)

    def along(input: Tensor, dim: int = -1) -> Tensor:
        return _own(function, defined_along, input, dim)

    def defined(input: Tensor, *parameters: float) -> Tensor:
        return definitions.value(member, input, *parameters)

    def defined_along(input: Tensor, dim: int) -> Tensor:
        return definitions.value(member, input, axis=dim)

    function: Callable[..., Tensor] = elementwise if member.kind == "elementwise" else along
    function.__name__ = function.__qualname__ = member.name
    function.__doc__ = f"{member.text}. {member.summary}"
    return function


_threshold = threshold  # its first parameter has its name


@functools.cache
def _of_member(name: str) -> Callable[..., Tensor] | None:
    return _defined(catalogue.get(name)) if name in catalogue.names() and not hasattr(own, name) else None


def __getattr__(name: str) -> Any:
    """Members that torch does not have, by their definitions; and all else that torch.nn.functional has."""
    return _of_member(name) or getattr(own, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *catalogue.names(), *dir(own)})
