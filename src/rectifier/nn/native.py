"""The kernels for tensors: which tensors they take, and autograd around them. Native ones on the CPU, Triton's on CUDA.

What is kept for backward is as little as the derivative needs: one bit per element where there are two slopes, the
output where the slope follows from it, the input otherwise. Whatever the kernels do not take (other devices and types,
small tensors, tracing, compiling, transforms of functions) is torch's own.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.overrides import has_torch_function_unary

from rectifier import _native, catalogue
from rectifier.catalogue import Activation
from rectifier.nn import gpu
from rectifier.nn.room import room, room_for
from rectifier.nn.sparse import remember

TYPES = {torch.float16: 0, torch.bfloat16: 1, torch.float32: 2, torch.float64: 3}
"""The place of each type in what `_native` lists."""

_LARGE = 1 << 22
"""Bytes from which on a result gets pages of its own; NumPy asks for large pages from here on."""

_CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


@dataclass(slots=True, eq=False)
class Kernel:
    """A member's kernels, and from how many elements on they are quicker than torch, forward and backward together."""

    member: Activation
    kept: str
    """What backward needs: "bit", "output" or "input"."""
    forward: tuple[Any, ...]
    backward: tuple[Any, ...]
    least: int
    slope: Callable[..., Tensor] | None
    """The slope from what is kept, in torch's operations: what a second derivative goes through. None for bits."""
    node: Callable[..., Tensor]
    """Applies its operation for autograd, whose name is seen in error messages and in `grad_fn`."""


class _Memory(threading.local):
    """Of each thread."""

    first = 0
    """How many times over it was said that memory comes before time: then one bit is kept of small tensors too."""


memory = _Memory()
_LEAST_BITS = 4096

kernels: dict[str, Kernel] = {}
"""Those in use, by member."""


def kernel(name: str, least: int, slope_of_output: Callable[..., Tensor] | None = None) -> Kernel:
    """The kernels of a member. `slope_of_output(y, *parameters)` is needed if the output is kept."""
    member = catalogue.get(name)
    kept, forward, backward = _native.tensor_functions[name]
    slope = slope_of_output if kept == "output" else _slope_of_input(member) if kept == "input" else None
    node = type(name.title().replace("_", ""), (_OneBit if kept == "bit" else _Smooth,), {"__module__": __name__})
    # What Function.apply does beside this is for transforms of functions, within which `takes` takes nothing.
    applied = super(torch.autograd.Function, node).apply  # type: ignore[misc]
    kernels[name] = Kernel(member, kept, forward, backward, least, slope, applied)
    return kernels[name]


def _slope_of_input(member: Activation) -> Callable[..., Tensor]:
    def slope(x: Tensor, *parameters: float) -> Tensor:
        found: Tensor = member.slope(torch, x, *parameters)
        return found

    return slope


def takes(kernel: Kernel, x: Tensor, inplace: bool = False) -> bool:
    """Whether the kernels can compute this tensor, and do it sooner than torch."""
    if torch.compiler.is_compiling() or (type(x) is not Tensor and type(x) is not torch.nn.Parameter):
        return False
    if x.numel() < kernel.least and not (memory.first and kernel.kept == "bit" and x.numel() >= _LEAST_BITS):
        return False
    if has_torch_function_unary(x):  # a function mode is asked first
        return False
    if x.dtype not in TYPES or not _readable(x) or _observed():
        return False
    if not x.is_cpu and (kernel.member.name not in gpu.MEMBERS or x.dtype not in gpu.TYPES):
        return False
    if not inplace:
        return True
    # Torch knows best what must not be overwritten, and says so before it is.
    return kernel.kept != "input" and not x._is_view() and not (x.requires_grad and x.is_leaf)


def _readable(x: Tensor) -> bool:
    """Whether its elements lie side by side in memory."""
    return (
        (x.is_cpu or (x.is_cuda and gpu.available))
        and x.layout is torch.strided
        and (x.is_contiguous() or _is_channels_last(x))
        and not x.is_neg()
        and torch._C._has_storage(x)
    )


def _is_channels_last(x: Tensor) -> bool:
    order = _CHANNELS_LAST.get(x.dim())
    return order is not None and x.is_contiguous(memory_format=order)


def _observed() -> bool:
    """Whether somebody wants to see torch's operations: they could not see ours."""
    return (
        torch._C._len_torch_dispatch_stack() > 0
        or torch._C._are_functorch_transforms_active()
        or forward_ad._current_level >= 0
        or torch._C._get_tracing_state() is not None
    )


def apply(
    kernel: Kernel,
    x: Tensor,
    parameters: tuple[float, ...] = (),
    inplace: bool = False,
    slopes: tuple[float, float] = (1.0, 0.0),
    blocks: bool = True,
) -> Tensor:
    """The member of a tensor that `takes` accepts.

    `slopes` are those where a kept bit is set and where it is not; there, `blocks` makes the gradient exactly zero, as
    torch does where it selects, rather than the product, which may be -0.0 or NaN.
    """
    if torch.is_grad_enabled() and x.requires_grad:
        if kernel.kept == "bit":
            result: Tensor = kernel.node(x, kernel, parameters, inplace, slopes, blocks)
        else:
            result = kernel.node(x, kernel, parameters, inplace)
        return result
    y = x if inplace else _new(x)
    _forward(kernel, x, y, None, parameters)
    if inplace and not x.is_inference():
        torch.autograd.graph.increment_version(x)
    return y


def _new(like: Tensor, in_training: bool = False) -> Tensor:
    """Memory for a result. Where it is large, its first touch would cost more than all arithmetic. Every step of a
    training needs the same again: there (and inside `lean`) it is memory that was used before, from `room`. Else it is
    new, and asked for in large pages.
    """
    large = like.is_cpu and like.nbytes >= _LARGE
    if large and (in_training or memory.first):
        return room_for(like.shape, like.stride(), like.dtype)
    result = torch.empty_like(like)
    if large:
        _native.prefer_huge_pages(result.data_ptr(), result.nbytes)
    return result


def _forward(kernel: Kernel, x: Tensor, y: Tensor, bits: Tensor | None, parameters: tuple[float, ...]) -> None:
    if not x.is_cpu:
        gpu.forward(kernel.member.name, x, y, bits, parameters)
        return
    address = 0 if bits is None else bits.data_ptr()
    _native.forward(kernel.forward[TYPES[x.dtype]], x.data_ptr(), y.data_ptr(), address, x.numel(), *parameters)


class _OneBit(torch.autograd.Function):
    """Two slopes: one bit per element says which."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        kernel: Kernel,
        parameters: tuple[float, ...],
        inplace: bool,
        slopes: tuple[float, float],
        blocks: bool,
    ) -> Tensor:
        size = (x.numel() + 7) // 8
        bits = room(size) if x.is_cpu else torch.empty(size, dtype=torch.uint8, device=x.device)
        y = x if inplace else _new(x, in_training=True)
        _forward(kernel, x, y, bits, parameters)
        if inplace:
            ctx.mark_dirty(x)
        if memory.first and x.is_cpu and kernel.member.name == "relu":
            remember(y, bits)
        ctx.save_for_backward(bits)
        ctx.slopes = (*slopes, blocks)
        ctx.strides = x.stride()
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (bits,) = ctx.saved_tensors
        return _through(gradient, bits, ctx.slopes, ctx.strides), None, None, None, None, None


class _Masked(torch.autograd.Function):
    """The gradient from bits: linear in the gradient, and its own derivative."""

    @staticmethod
    def forward(
        ctx: Any, gradient: Tensor, bits: Tensor, slopes: tuple[float, float, bool], strides: tuple[int, ...]
    ) -> Tensor:
        ctx.save_for_backward(bits)
        ctx.slopes, ctx.strides = slopes, strides
        return _masked(gradient, bits, slopes, strides)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (bits,) = ctx.saved_tensors
        return _through(gradient, bits, ctx.slopes, ctx.strides), None, None, None


def _through(gradient: Tensor, bits: Tensor, slopes: tuple[float, float, bool], strides: tuple[int, ...]) -> Tensor:
    if not torch.is_grad_enabled():
        return _masked(gradient, bits, slopes, strides)
    result: Tensor = _Masked.apply(gradient, bits, slopes, strides)
    return result


def _masked(gradient: Tensor, bits: Tensor, slopes: tuple[float, float, bool], strides: tuple[int, ...]) -> Tensor:
    passing, other, blocks = slopes
    if not _plain(gradient, bits):
        where = unpacked(bits, gradient.shape, strides)
        return torch.where(where, gradient * passing, torch.zeros_like(gradient) if blocks else gradient * other)
    gradient = _in_order(gradient, strides)
    out = _new(gradient, in_training=True)
    if not out.is_cpu:
        gpu.masked(gradient, bits, out, passing, other, blocks)
        return out
    _native.masked(
        TYPES[gradient.dtype], gradient.data_ptr(), bits.data_ptr(), out.data_ptr(), out.numel(), passing, other, blocks
    )
    return out


def unpacked(bits: Tensor, shape: torch.Size, strides: tuple[int, ...]) -> Tensor:
    """The bits as a tensor of booleans, by torch's operations."""
    places = torch.arange(8, dtype=torch.uint8, device=bits.device)
    flat = (bits[:, None] >> places).bitwise_and(1).bool().flatten()[: shape.numel()]
    return flat.as_strided(shape, strides)


class _Smooth(torch.autograd.Function):
    """The slope from the input or the output."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Kernel, parameters: tuple[float, ...], inplace: bool) -> Tensor:
        y = x if inplace else _new(x, in_training=True)
        _forward(kernel, x, y, None, parameters)
        if inplace:
            ctx.mark_dirty(x)
        ctx.save_for_backward(y if kernel.kept == "output" else x)
        ctx.kernel, ctx.parameters = kernel, parameters
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (kept,) = ctx.saved_tensors
        kernel: Kernel = ctx.kernel
        if torch.is_grad_enabled() or not _plain(gradient, kept) or not _readable(kept):
            assert kernel.slope is not None
            return gradient * kernel.slope(kept, *ctx.parameters), None, None, None
        gradient = _in_order(gradient, kept.stride())
        out = _new(gradient, in_training=True)
        backward = kernel.backward[TYPES[gradient.dtype]]
        _native.backward(backward, gradient.data_ptr(), kept.data_ptr(), out.data_ptr(), out.numel(), *ctx.parameters)
        return out, None, None, None


def _plain(gradient: Tensor, kept: Tensor) -> bool:
    """Whether there are numbers behind it that the kernels can read: not within vmap, not a subclass."""
    return (
        type(gradient) is Tensor
        and gradient.device == kept.device
        and not gradient.is_neg()
        and torch._C._has_storage(gradient)
        and not _observed()
    )


def _in_order(gradient: Tensor, strides: tuple[int, ...]) -> Tensor:
    """The gradient with its elements in memory as those of the forward pass."""
    if gradient.stride() == strides:
        return gradient
    return torch.empty_strided(gradient.shape, strides, dtype=gradient.dtype, device=gradient.device).copy_(gradient)
