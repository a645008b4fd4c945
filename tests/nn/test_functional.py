"""Tensors: the public functions give tensors, with autograd that follows the definition."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import rectifier
from rectifier import catalogue
from rectifier.catalogue import Activation
from rectifier.functions import public

MEMBERS = catalogue.members()
each = pytest.mark.parametrize("member", MEMBERS, ids=lambda m: m.name)
each_elementwise = pytest.mark.parametrize(
    "member", [m for m in MEMBERS if m.kind == "elementwise"], ids=lambda m: m.name
)
POINTS = [-3.25, -1.25, -0.25, 0.625, 1.5, 4.0]  # no kinks, and exact in every type


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


@pytest.mark.parametrize("member", [m for m in MEMBERS if m.torch], ids=lambda m: m.name)
def test_torchs_own_function_is_the_formula(member: Activation) -> None:
    x = torch.randn(40, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(3)).mul(8).requires_grad_()
    inputs = torch.chunk(x, 2, -1) if member.kind == "gated" else (x,)
    own, formula = public(member.name)(x), member.formula(torch, *inputs, *member.defaults)
    # torch's softplus is x itself above 20: 2e-9 off.
    torch.testing.assert_close(own, formula, rtol=1e-12, atol=3e-9 if member.name == "softplus" else 1e-15)
    gradients = [torch.autograd.grad(result.square().sum(), x)[0] for result in (own, formula)]
    torch.testing.assert_close(*gradients, rtol=1e-8, atol=1e-12)


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


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_halves_of_tensors(dtype: torch.dtype) -> None:
    x = torch.randn(4, 3, 6, dtype=dtype, generator=torch.Generator().manual_seed(2))
    for axis in (-1, 0, 2):
        a, b = torch.chunk(x, 2, axis)
        torch.testing.assert_close(rectifier.reglu(x, axis=axis), a * torch.relu(b))
        torch.testing.assert_close(rectifier.glu(x, axis=axis), torch.nn.functional.glu(x, axis))
        torch.testing.assert_close(rectifier.geglu(x, axis=axis), a * torch.nn.functional.gelu(b))
        torch.testing.assert_close(rectifier.swiglu(x, axis=axis), a * torch.nn.functional.silu(b))
        value, slope = rectifier.reglu.value_and_derivative(x, axis=axis)
        torch.testing.assert_close(value, rectifier.reglu(x, axis=axis))
        torch.testing.assert_close(slope, torch.cat([torch.relu(b), a * (b > 0)], axis))
        wanted = torch.cat([torch.relu(x), torch.relu(-x)], axis)
        torch.testing.assert_close(rectifier.crelu(x, axis=axis), wanted)
        torch.testing.assert_close(
            rectifier.crelu.derivative(x, axis=axis), torch.cat([1.0 * (x > 0), -1.0 * (x < 0)], axis).to(dtype)
        )


@pytest.mark.parametrize("name", ["glu", "reglu", "geglu", "swiglu", "crelu"])
def test_gradients_of_halves(name: str) -> None:
    x = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(4), requires_grad=True)
    function = public(name)
    if name == "crelu":
        kinked = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        first, second = function(kinked).chunk(2)
        for part in (first, second):
            assert torch.autograd.grad(part.sum(), kinked, retain_graph=True)[0].tolist() == [0, 0]
    else:
        got = torch.autograd.grad(function(x, axis=-1).sum(), x)[0]
        torch.testing.assert_close(got, function.derivative(x))
    assert torch.autograd.gradcheck(lambda t: function(t, axis=1), x)
    assert torch.autograd.gradcheck(lambda t: function.derivative(t, axis=1), x)


def test_integer_tensors_keep_their_type_in_crelu() -> None:
    for dtype in (torch.int8, torch.uint8, torch.int64):
        result = rectifier.crelu(torch.tensor([0, 5], dtype=dtype))
        assert (result.dtype, result.tolist()) == (dtype, [0, 5, 0, 0])
        assert rectifier.crelu.derivative(torch.tensor([0, 5], dtype=dtype)).tolist() == [0, 1, 0, 0]
    assert rectifier.crelu(torch.tensor([-2])).tolist() == [0, 2]


def test_errors_of_halves() -> None:
    for name in ("glu", "reglu"):
        with pytest.raises(ValueError, match=f"{name} splits x in two along axis -1, so its length there must be even"):
            public(name)(torch.ones(3))
        with pytest.raises(ValueError, match="must have at least one, but was given a single number"):
            public(name)(torch.tensor(1.0))
    with pytest.raises(ValueError, match="crelu works along an axis"):
        rectifier.crelu(torch.tensor(1.0))
    with pytest.raises(IndexError, match="Dimension out of range"):
        rectifier.crelu(torch.ones(2), axis=1)
    with pytest.raises(IndexError, match="Dimension out of range"):
        rectifier.glu(torch.ones(2), axis=-2)
    with pytest.raises(TypeError, match="reglu: out works for NumPy arrays"):
        rectifier.reglu(torch.ones(2), out=torch.ones(1))


def test_meta_tensors_and_inference() -> None:
    for member in MEMBERS:
        x = torch.empty(3, 4, device="meta")
        assert public(member.name)(x).device.type == "meta"
        assert public(member.name).derivative(x).device.type == "meta"
        with torch.inference_mode():
            public(member.name)(torch.ones(4))


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


class Applies(torch.nn.Module):
    def __init__(self, function: Callable[..., Tensor], *given: float) -> None:
        super().__init__()
        self.function, self.given = function, given

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, *self.given)


@pytest.mark.parametrize("name", [name for name in catalogue.names() if name != "rrelu"])  # which draws numbers
def test_functions_are_traced_by_fx(name: str) -> None:
    function, x = getattr(rectifier, name), torch.randn(4, 6)
    traced = torch.fx.symbolic_trace(Applies(function))
    assert [node.target for node in traced.graph.nodes if node.op == "call_function"] == [function]
    assert torch.equal(traced(x), function(x))


def test_weights_lie_along_the_channels_as_torch_has_them() -> None:
    weight = torch.tensor([0.1, 0.2, 0.3])
    for shape in ((1, 3, 1, 3), (2, 3, 2, 2), (5, 3)):
        x = torch.randn(shape)
        expected = torch.nn.functional.prelu(x, weight)
        assert torch.equal(rectifier.prelu(x, weight), expected)
        assert np.array_equal(rectifier.prelu(x.numpy(), weight.numpy()), expected.numpy())
    x = torch.randn(2, 2, 3)
    last = rectifier.prelu(x.numpy(), weight.numpy(), axis=-1)
    assert np.array_equal(last, rectifier.prelu(x.transpose(1, 2), weight).transpose(1, 2).numpy())
    with pytest.raises(ValueError, match=r"weight has 3 values, but x of shape \(2, 2, 3\) has 2 along axis 1"):
        rectifier.prelu(x.numpy(), weight.numpy())
