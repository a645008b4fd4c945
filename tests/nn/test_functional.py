"""Tensors: the public functions give tensors, with autograd that follows the definition."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

import rectifier
from rectifier import catalogue
from rectifier.catalogue import Activation
from rectifier.functions import public

MEMBERS = catalogue.members()
each = pytest.mark.parametrize("member", MEMBERS, ids=lambda m: m.name)
each_elementwise = pytest.mark.parametrize("member", [m for m in MEMBERS if not m.rowwise], ids=lambda m: m.name)
POINTS = [-3.0, -1.0, -0.25, 0.5, 1.0, 4.0]


def test_the_first_example() -> None:
    assert repr(rectifier.relu(torch.tensor([-2, -1, 0, 1, 2]))) == "tensor([0, 0, 0, 1, 2])"


@each
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_tensors_agree_with_arrays(member: Activation, dtype: Any) -> None:
    function = public(member.name)
    x = torch.tensor(POINTS, dtype=dtype)
    wide = np.array(POINTS)
    tolerance = 2 * torch.finfo(dtype).eps
    for got, wanted in (
        (function(x), function(wide)),
        (function.derivative(x), function.derivative(wide)),
        *zip(function.value_and_derivative(x), function.value_and_derivative(wide), strict=True),
    ):
        assert got.dtype == dtype
        np.testing.assert_allclose(got.double(), wanted, rtol=tolerance, atol=tolerance)


@each
def test_first_and_second_derivatives(member: Activation) -> None:
    function = public(member.name)
    x = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(function, x)
    assert torch.autograd.gradgradcheck(function, x)
    assert torch.autograd.gradcheck(function.derivative, x)


@each_elementwise
def test_autograd_takes_the_stated_slope_at_kinks(member: Activation) -> None:
    function = public(member.name)
    for kink in member.facts(*member.defaults).kinks:
        x = torch.tensor([float(kink.at)], requires_grad=True)
        function(x).backward()
        assert x.grad is not None
        assert x.grad.item() == pytest.approx(kink.taken)
        assert function.derivative(x).item() == pytest.approx(kink.taken)


@each
def test_nan_comes_through(member: Activation) -> None:
    x = torch.tensor([0.0, float("nan")])
    assert public(member.name)(x)[-1].isnan()
    assert public(member.name).derivative(x)[-1].isnan().all()


@each_elementwise
def test_integers_and_booleans(member: Activation) -> None:
    function = public(member.name)
    for x in (torch.tensor([-2, 0, 2]), torch.tensor([True, False])):
        result = function(x)
        assert result.is_floating_point() != member.integers
        wide = x.numpy().astype(np.float64)
        np.testing.assert_allclose(result, function(wide), rtol=1e-6)
        np.testing.assert_allclose(function.derivative(x), function.derivative(wide), rtol=1e-6)


def test_learned_weights_broadcast_and_learn() -> None:
    x = torch.tensor([[-1.0, 2.0], [-3.0, -4.0]], dtype=torch.float64)
    weight = torch.tensor([0.5, 0.25], dtype=torch.float64, requires_grad=True)
    result = rectifier.prelu(x, weight)
    assert result.tolist() == [[-0.5, 2], [-1.5, -1]]
    result.sum().backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [-4, -4]
    assert torch.autograd.gradcheck(rectifier.prelu, (x + 0.5, weight))
    infinite = torch.tensor([float("inf")])
    slope = torch.tensor(0.5, requires_grad=True)
    rectifier.leaky_relu(infinite, slope).backward()
    assert slope.grad is not None
    assert slope.grad.item() == 0


def test_rows_of_tensors() -> None:
    x = torch.randn(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    for axis in (-1, 0, 1):
        torch.testing.assert_close(rectifier.softmax(x, axis=axis), torch.softmax(x, axis))
    jacobian = rectifier.softmax.derivative(x[0, 0])
    torch.testing.assert_close(jacobian, torch.func.jacrev(rectifier.softmax)(x[0, 0]))
    assert rectifier.softmax.derivative(x, axis=0).shape == (3, 4, 2, 2)


def test_meta_tensors_and_inference() -> None:
    for member in MEMBERS:
        x = torch.empty(3, 4, device="meta")
        assert public(member.name)(x).device.type == "meta"
        assert public(member.name).derivative(x).device.type == "meta"
        with torch.inference_mode():
            public(member.name)(torch.ones(3))


def test_errors() -> None:
    x = torch.tensor([1.0])
    with pytest.raises(TypeError, match="relu: out works for NumPy arrays"):
        rectifier.relu(x, out=x)
    with pytest.raises(TypeError, match=r"relu is defined for real numbers, but was given a tensor of torch.complex64"):
        rectifier.relu(torch.tensor([1j]))
    with pytest.raises(TypeError, match=r"prelu: weight is a torch tensor but x is a numpy\.ndarray"):
        rectifier.prelu(np.ones(1), x)
    with pytest.raises(TypeError, match=r"prelu: weight is a numpy\.ndarray but x is a torch tensor"):
        rectifier.prelu(x, np.ones(1))
    with pytest.raises(ValueError, match="elu: alpha must be in"):
        rectifier.elu(x, -1)


def test_torch_is_not_imported_by_arrays() -> None:
    code = "import sys, rectifier; rectifier.relu([1.0]); rectifier.softmax([1.0]); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
