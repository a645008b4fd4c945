"""Every fact a definition states holds, for every member, with its defaults and with other parameters."""

import itertools
import math
from typing import Any

import mpmath
import numpy as np
import pytest
import torch

from rectifier import catalogue
from rectifier.catalogue import Activation, Facts

MEMBERS = catalogue.members()
each = pytest.mark.parametrize("member", MEMBERS, ids=lambda m: m.name)


def cases() -> list[Any]:
    """Elementwise members with their defaults and with other parameters from their domains."""
    found = []
    for member in MEMBERS:
        if member.rowwise:
            continue
        choices = [
            sorted({p.default, *(v for v in (-0.5, 0.0, 0.3, 1.0, 2.0) if v in p.domain)}) for p in member.parameters
        ]
        found += [pytest.param(member, values, id=f"{member.name}{values}") for values in itertools.product(*choices)]
    return found


each_case = pytest.mark.parametrize(("member", "values"), cases())
# A grid without 0, dense enough to see a bend, wide enough to see saturation.
GRID = np.linspace(-30, 30, 60_002)


def value(member: Activation, x: Any, values: tuple[float, ...]) -> np.ndarray:
    return np.asarray(member.formula(np, np.asarray(x, np.float64), *values))


def slope(member: Activation, x: Any, values: tuple[float, ...]) -> np.ndarray:
    return np.asarray(member.slope(np, np.asarray(x, np.float64), *values))


def facts(member: Activation, values: tuple[float, ...]) -> Facts:
    found: Facts = member.facts(*values)
    return found


@each_case
def test_range(member: Activation, values: tuple[float, ...]) -> None:
    stated = facts(member, values).range
    y = value(member, GRID, values)
    origin = float(value(member, 0.0, values))
    assert origin in stated
    near = y[np.abs(GRID) < 15]  # further out a value may round to an end that does not belong to the range
    assert all(v in stated for v in near.tolist())
    assert y.min() >= stated.low
    assert y.max() <= stated.high
    far = value(member, np.array([-1e6, 1e6]), values)
    assert min(y.min(), far.min(), origin) <= (stated.low + 1e-9 if math.isfinite(stated.low) else -100)
    assert max(y.max(), far.max(), origin) >= (stated.high - 1e-9 if math.isfinite(stated.high) else 100)


@each_case
def test_monotonicity(member: Activation, values: tuple[float, ...]) -> None:
    steps = np.diff(value(member, GRID[np.abs(GRID) < 15], values))
    if (steps > 0).all():
        measured = "strictly increasing"
    else:
        measured = "non-decreasing" if (steps >= 0).all() else "not monotone"
    assert facts(member, values).monotonicity == measured


@each_case
def test_slope_is_the_derivative(member: Activation, values: tuple[float, ...]) -> None:
    step = 1e-6
    x = GRID[np.abs(GRID) < 15]
    x = x[np.min([np.abs(x - k.at) for k in facts(member, values).kinks] or [np.ones_like(x)], axis=0) > step]
    difference = (value(member, x + step, values) - value(member, x - step, values)) / (2 * step)
    # Rounding of values up to 15 makes 15 * 2^-53 / 1e-6 = 2e-9 of error; the method's own is below 1e-6^2.
    np.testing.assert_allclose(slope(member, x, values), difference, atol=1e-8)


@each_case
def test_kinks_are_where_the_slope_jumps_and_nowhere_else(member: Activation, values: tuple[float, ...]) -> None:
    kinks = facts(member, values).kinks
    for kink in kinks:
        np.testing.assert_allclose(slope(member, kink.at - 1e-9, values), kink.left, atol=1e-8)
        np.testing.assert_allclose(slope(member, kink.at + 1e-9, values), kink.right, atol=1e-8)
        assert slope(member, kink.at, values) == kink.taken
        assert kink.left != kink.right
    jumps = np.abs(np.diff(slope(member, GRID, values))) > 0.01  # a smooth slope changes by its bend times 0.001
    found = {round((a + b) / 2, 2) + 0.0 for a, b in zip(GRID[:-1][jumps], GRID[1:][jumps], strict=True)}
    # A jump smaller than the threshold is not seen here, but is by the limits above.
    assert found == {kink.at for kink in kinks if abs(kink.left - kink.right) > 0.01}


@each_case
def test_smoothness(member: Activation, values: tuple[float, ...]) -> None:
    stated = facts(member, values)
    assert (stated.smoothness == "continuous") == bool(stated.kinks)
    if stated.kinks:
        return
    # Where the slope bends, its second difference is of the order of the step; where it is smooth, of its square.
    step = GRID[1] - GRID[0]
    bend = np.abs(np.diff(slope(member, GRID, values), 2)).max() / step
    assert ("continuously differentiable" if bend > 0.1 else "infinitely differentiable") == stated.smoothness


@each_case
def test_saturation(member: Activation, values: tuple[float, ...]) -> None:
    np.testing.assert_allclose(slope(member, [-800, 800], values), facts(member, values).saturation, atol=1e-12)


@each_case
def test_zero_slope_region(member: Activation, values: tuple[float, ...]) -> None:
    stated = facts(member, values).zero_slope
    x = np.concatenate([GRID, [0.0]])
    for point, found in zip(x.tolist(), slope(member, x, values).tolist(), strict=True):
        assert (found == 0) == (stated is not None and point in stated), f"slope {found} at {point}"


@each_case
def test_lipschitz(member: Activation, values: tuple[float, ...]) -> None:
    x = np.concatenate([GRID, [-1e-9, 1e-9]])
    steepest = np.abs(slope(member, x, values)).max()
    assert steepest <= facts(member, values).lipschitz * (1 + 1e-15)  # the formula itself rounds
    assert steepest == pytest.approx(facts(member, values).lipschitz, rel=1e-6)


@each_case
def test_gain(member: Activation, values: tuple[float, ...]) -> None:
    def square(z: Any) -> Any:
        return float(value(member, float(z), values)) ** 2 * mpmath.npdf(z)

    mean_square = mpmath.quad(square, [-12, -4, 0, 4, 12])
    assert facts(member, values).gain == pytest.approx(float(1 / mpmath.sqrt(mean_square)), rel=1e-6)


def test_gain_is_torchs_where_torch_has_one_from_the_same_definition() -> None:
    assert facts(catalogue.get("relu"), ()).gain == pytest.approx(torch.nn.init.calculate_gain("relu"))
    for leak in (0.01, 0.3):
        wanted = torch.nn.init.calculate_gain("leaky_relu", leak)
        assert facts(catalogue.get("leaky_relu"), (leak,)).gain == pytest.approx(wanted)


@each_case
def test_edges(member: Activation, values: tuple[float, ...]) -> None:
    stated = facts(member, values).edges
    assert {str(edge.at) for edge in stated} == {"-inf", "-0.0", "inf"}
    with np.errstate(invalid="ignore"):
        for edge in stated:
            for got, wanted in (
                (value(member, edge.at, values), edge.value),
                (slope(member, edge.at, values), edge.slope),
            ):
                np.testing.assert_array_equal(got, wanted)
                if wanted == wanted:
                    assert np.signbit(got) == np.signbit(float(wanted)), f"sign of zero at {edge.at}"
    assert np.isnan(value(member, np.nan, values))
    assert np.isnan(slope(member, np.nan, values))


@each_case
def test_formula_is_safe_for_autograd(member: Activation, values: tuple[float, ...]) -> None:
    kinks = facts(member, values).kinks
    points = [x for x in (-1e4, -40.0, -3.0, -0.5, 0.0, 0.5, 3.0, 40.0, 1e4) if x not in {k.at for k in kinks}]
    x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    parameters = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in values]
    member.formula(torch, x, *parameters).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad, slope(member, points, values), atol=1e-14)
    assert all(p.grad is not None and torch.isfinite(p.grad) for p in parameters)
    assert torch.autograd.gradcheck(
        lambda t: member.slope(torch, t, *values),
        torch.tensor([-2.0, -0.3, 0.4, 2.0], dtype=torch.float64, requires_grad=True),
    )


@each
def test_both_namespaces_agree(member: Activation) -> None:
    x = np.random.default_rng(5).normal(scale=3, size=(4, 5)).astype(np.float32)
    for function in (member.formula, member.slope):
        with_numpy = function(np, x, *member.defaults)
        with_torch = function(torch, torch.from_numpy(x), *member.defaults)
        assert with_numpy.dtype == np.float32
        assert with_torch.dtype == torch.float32
        np.testing.assert_allclose(with_numpy, with_torch, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("member", [m for m in MEMBERS if m.rowwise], ids=lambda m: m.name)
def test_rowwise_facts(member: Activation) -> None:
    x = np.random.default_rng(6).normal(scale=4, size=(200, 6))
    stated = facts(member, ())
    y, jacobian = value(member, x, ()), slope(member, x, ())
    assert all(v in stated.range for v in y.ravel().tolist())
    step = 1e-6 * np.eye(6)[:, None, :]
    difference = (value(member, x + step, ()) - value(member, x - step, ())) / 2e-6  # (input, row, output)
    np.testing.assert_allclose(jacobian, difference.transpose(1, 2, 0), atol=1e-9)
    norms = np.linalg.norm(jacobian, 2, axis=(-2, -1))
    assert norms.max() <= stated.lipschitz
    equal = slope(member, np.array([0.0, 0, -50, -50]), ())
    assert np.linalg.norm(equal, 2) == pytest.approx(stated.lipschitz)
    np.testing.assert_allclose(slope(member, np.array([-800.0, 0, 800]), ()), np.zeros((3, 3)), atol=1e-12)
    assert np.isnan(value(member, [0.0, np.nan], ())).all()
    assert stated.monotonicity == "not monotone"
    assert (jacobian < 0).any()
    assert (jacobian > 0).any()
