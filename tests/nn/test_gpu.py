"""Triton's kernels: by Triton's interpreter on the CPU against the native ones, and on a GPU where there is one."""

import os
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import rectifier.nn.functional as F
from rectifier import _native
from rectifier.nn import gpu, native

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
with_triton = pytest.mark.skipif(not gpu.available, reason="Triton is not installed")
with_gpu = pytest.mark.skipif(not (gpu.available and torch.cuda.is_available()), reason="needs a GPU and Triton")
PARAMETERS = {
    "leaky_relu": (0.1,),
    "hardtanh": (-0.5, 1.25),
    "threshold": (0.25, -2.0),
    "hardshrink": (0.5,),
    "softshrink": (0.5,),
}
SPECIAL = [0.0, -0.0, 6.0, 3.0, -3.0, 0.5, -0.5, 1.25, 0.25, float("inf"), float("-inf"), float("nan"), 1e-30]


def numbers(size: int, dtype: torch.dtype, seed: int = 0) -> Tensor:
    x = torch.randn(size, generator=torch.Generator().manual_seed(seed)) * 3
    x[: min(size, len(SPECIAL))] = torch.tensor(SPECIAL)[:size]
    return x.to(dtype)


@with_triton
@pytest.mark.skipif(INTERPRETED, reason="this is the run with the interpreter already")
def test_the_same_tests_pass_with_the_interpreter() -> None:
    """In a process of its own: Triton decides when it is imported."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__],
        env=os.environ | {"TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert re.search(r"\b[1-9]\d* passed", run.stdout), run.stdout


@pytest.mark.skipif(not INTERPRETED, reason="needs Triton's interpreter")
@pytest.mark.parametrize("dtype", gpu.TYPES)
@pytest.mark.parametrize("size", [1, 7, 8, 1023, 1024, 3001])
@pytest.mark.parametrize("name", gpu.MEMBERS)
def test_kernels_do_what_the_native_ones_do(name: str, size: int, dtype: torch.dtype) -> None:
    x, gradient = numbers(size, dtype), numbers(size, dtype, seed=1)
    parameters = PARAMETERS.get(name, ())
    y, wanted = torch.empty_like(x), torch.empty_like(x)
    bits, wanted_bits = (torch.zeros((size + 7) // 8, dtype=torch.uint8) for _ in range(2))
    gpu.forward(name, x, y, bits, parameters)
    place = native.TYPES[dtype]
    function = _native.tensor_functions[name][1][place]
    _native.forward(function, x.data_ptr(), wanted.data_ptr(), wanted_bits.data_ptr(), size, *parameters)
    torch.testing.assert_close(y, wanted, rtol=torch.finfo(dtype).eps, atol=0, equal_nan=True)
    assert torch.equal(bits, wanted_bits)
    gpu.forward(name, x, y := torch.empty_like(x), None, parameters)
    torch.testing.assert_close(y, wanted, rtol=torch.finfo(dtype).eps, atol=0, equal_nan=True)
    for passing, other, blocks in ((1.0, 0.0, True), (1.0, 0.1, False), (1 / 6, 0.0, True)):
        out, expected = torch.empty_like(gradient), torch.empty_like(gradient)
        gpu.masked(gradient, bits, out, passing, other, blocks)
        _native.masked(place, gradient.data_ptr(), bits.data_ptr(), expected.data_ptr(), size, passing, other, blocks)
        # The interpreter cuts bfloat16 off where a GPU rounds.
        rtol = torch.finfo(dtype).eps if dtype == torch.bfloat16 else 0
        torch.testing.assert_close(out, expected, rtol=rtol, atol=0, equal_nan=True)


@with_triton
def test_parameters_are_all_known() -> None:
    for name in gpu.MEMBERS:
        assert native.kernels[name].kept == "bit"
        assert len(PARAMETERS.get(name, ())) == len(native.kernels[name].member.parameters)


@with_gpu
@pytest.mark.parametrize("dtype", gpu.TYPES)
@pytest.mark.parametrize("name", gpu.MEMBERS)
def test_on_a_gpu(name: str, dtype: torch.dtype) -> None:
    function: Callable[..., Tensor] = getattr(F, name)
    its: Callable[..., Tensor] = getattr(torch.nn.functional, name)
    parameters = PARAMETERS.get(name, ())
    x, gradient = numbers(1 << 18, dtype).cuda(), numbers(1 << 18, dtype, seed=1).cuda()
    one, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    kept: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        got = function(one, *parameters)
    assert sum(t.nbytes for t in kept) * 8 == x.numel()
    wanted = its(other, *parameters)
    torch.testing.assert_close(got, wanted, rtol=torch.finfo(dtype).eps, atol=0, equal_nan=True)
    got.backward(gradient)
    wanted.backward(gradient)
    assert one.grad is not None
    assert other.grad is not None
    torch.testing.assert_close(one.grad, other.grad, rtol=torch.finfo(dtype).eps, atol=0, equal_nan=True)


@with_gpu
def test_all_else_on_a_gpu_is_torchs() -> None:
    x = torch.randn(1 << 16, device="cuda", requires_grad=True)
    for name in ("elu", "gelu", "softplus", "hardswish"):
        assert torch.equal(getattr(F, name)(x), getattr(torch.nn.functional, name)(x))
