"""Kernels for CUDA in Triton, where it is installed: members of two slopes, with one bit per element kept for backward.

All else on a GPU is torch's own. With TRITON_INTERPRET=1 the same kernels run on the CPU, which is how they are tested
where there is no GPU.
"""

import importlib.util
from typing import Any

import torch
from torch import Tensor

available = importlib.util.find_spec("triton") is not None
"""Whether Triton is installed."""

TYPES = (torch.float16, torch.bfloat16, torch.float32)
"""What they compute. (Parameters are float32 for Triton, too coarse for float64.)"""

_BLOCK = 1024

if available:
    import triton
    import triton.language as tl

    @triton.jit  # type: ignore[untyped-decorator]
    def _forward(  # type: ignore[no-untyped-def]
        x_at, y_at, bits_at, count, a, b, MEMBER: tl.constexpr, KEEPS: tl.constexpr, BLOCK: tl.constexpr
    ):
        rows = tl.program_id(0).to(tl.int64) * (BLOCK // 8) + tl.arange(0, BLOCK // 8)
        places = tl.arange(0, 8)
        at = rows[:, None] * 8 + places[None, :]
        inside = at < count
        x = tl.load(x_at + at, mask=inside, other=0).to(tl.float32)
        if MEMBER == "relu":
            y = tl.where(x < 0, 0.0, x)
            blocked = x <= 0
        elif MEMBER == "leaky_relu":
            y = tl.where(x > 0, x, x * a)
            blocked = (x > 0) == 0
        elif MEMBER == "relu6":
            y = tl.where(x < 0, 0.0, tl.where(x > 6, 6.0, x))
            blocked = (x <= 0) | (x >= 6)
        elif MEMBER == "hardtanh":
            y = tl.where(x < a, a, tl.where(x > b, b, x))
            blocked = (x <= a) | (x >= b)
        elif MEMBER == "threshold":
            y = tl.where(x <= a, b, x)
            blocked = x <= a
        elif MEMBER == "hardshrink":
            y = tl.where(tl.abs(x) <= a, 0.0, x)
            blocked = tl.abs(x) <= a
        elif MEMBER == "softshrink":
            y = tl.where(x > a, x - a, tl.where(x < -a, x + a, tl.where(x == x, 0.0, x)))
            blocked = tl.abs(x) <= a
        else:
            tl.static_assert(MEMBER == "hardsigmoid")
            y = tl.where(x <= -3, 0.0, tl.where(x >= 3, 1.0, (x + 3) / 6))
            blocked = ((x > -3) & (x < 3)) == 0
        tl.store(y_at + at, y.to(y_at.dtype.element_ty), mask=inside)
        if KEEPS:
            passes = tl.where(blocked | (inside == 0), 0, 1)
            byte = tl.sum(passes << places[None, :], axis=1)
            tl.store(bits_at + rows, byte.to(tl.uint8), mask=rows * 8 < count)

    @triton.jit  # type: ignore[untyped-decorator]
    def _masked(  # type: ignore[no-untyped-def]
        gradient_at, bits_at, out_at, count, passing, other, BLOCKS: tl.constexpr, BLOCK: tl.constexpr
    ):
        rows = tl.program_id(0).to(tl.int64) * (BLOCK // 8) + tl.arange(0, BLOCK // 8)
        places = tl.arange(0, 8)
        at = rows[:, None] * 8 + places[None, :]
        inside = at < count
        byte = tl.load(bits_at + rows, mask=rows * 8 < count, other=0).to(tl.int32)
        passes = ((byte[:, None] >> places[None, :]) & 1) != 0
        gradient = tl.load(gradient_at + at, mask=inside, other=0).to(tl.float32)
        if BLOCKS:
            out = tl.where(passes, gradient * passing, 0.0)
        else:
            out = tl.where(passes, gradient * passing, gradient * other)
        tl.store(out_at + at, out.to(out_at.dtype.element_ty), mask=inside)


MEMBERS = ("relu", "leaky_relu", "relu6", "hardtanh", "threshold", "hardshrink", "softshrink", "hardsigmoid")
"""The members there are kernels for; rrelu outside training and a single fixed prelu weight are leaky_relu."""


def forward(member: str, x: Tensor, y: Tensor, bits: Tensor | None, parameters: tuple[float, ...]) -> None:
    """y = f(x), and a bit for each element whose gradient passes, unless `bits` is None. y may be x."""
    a, b = (*map(float, parameters), 0.0, 0.0)[:2]
    _launch(
        _forward, x.numel(), x, y, x if bits is None else bits, x.numel(), a, b, MEMBER=member, KEEPS=bits is not None
    )


def masked(gradient: Tensor, bits: Tensor, out: Tensor, passing: float, other: float, blocks: bool) -> None:
    """The gradient times `passing` where the bit is set, else times `other`, or 0 if there `blocks`."""
    _launch(_masked, out.numel(), gradient, bits, out, out.numel(), float(passing), float(other), BLOCKS=blocks)


def _launch(kernel: Any, count: int, *arguments: Any, **constants: Any) -> None:
    if not count:
        return
    with torch.cuda.device_of(arguments[0]):  # nothing where it is on no GPU, as in Triton's interpreter
        kernel[((count + _BLOCK - 1) // _BLOCK,)](*arguments, **constants, BLOCK=_BLOCK)
