"""Every fact a definition states holds, for every member, with its defaults and with other parameters.

What the facts of smoothness, jumps, kinks, saturation and edges speak of is, but for rowwise members, one function of
one number: the member itself, the gate of a gated one (b, where a is 1), the first half of a concatenated one.
"""

import itertools
import math
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from benchmarks.accuracy.decimals import Mp

from rectifier import catalogue
from rectifier.catalogue import Activation, Facts, Kind

MEMBERS = catalogue.members()
each = pytest.mark.parametrize("member", MEMBERS, ids=lambda m: m.name)


def of_kind(kind: Kind) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("member", [m for m in MEMBERS if m.kind == kind], ids=lambda m: m.name)


def choices(member: Activation) -> list[tuple[float, ...]]:
    """The default parameters and others from their domains."""
    values = [sorted({p.default, *(v for v in (-0.5, 0.0, 0.3, 1.0, 2.0) if v in p.domain)}) for p in member.parameters]
    return [c for c in itertools.product(*values) if not member.ordered or list(c) == sorted(c)]


def cases(*kinds: Kind) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("member", "values"),
        [
            pytest.param(member, values, id=f"{member.name}{values}")
            for member in MEMBERS
            if member.kind in kinds
            for values in choices(member)
        ],
    )


each_case = cases("elementwise", "gated", "concatenated")
each_elementwise_case = cases("elementwise")
# A grid without 0, dense enough to see a bend, wide enough to see saturation.
GRID = np.linspace(-30, 30, 60_002)
MIDDLE = GRID[np.abs(GRID) < 8]  # further out values round to their limits, or underflow


def _first(result: Any) -> Any:
    return result[0] if isinstance(result, tuple) else result


def value(member: Activation, x: Any, values: tuple[Any, ...] = (), xp: Any = np) -> Any:
    """The function that the facts speak of; rows for a rowwise member."""
    x = np.asarray(x, np.float64) if xp is np else x
    if member.kind == "gated":
        return member.formula(xp, xp.ones_like(x), x, *values)
    return _first(member.formula(xp, x, *values))


def slope(member: Activation, x: Any, values: tuple[Any, ...] = (), xp: Any = np) -> Any:
    """Its slope; the Jacobian for a rowwise member."""
    x = np.asarray(x, np.float64) if xp is np else x
    if member.kind == "gated":
        return member.slope(xp, xp.ones_like(x), x, *values)[1]
    return _first(member.slope(xp, x, *values))


def facts(member: Activation, values: tuple[float, ...] = ()) -> Facts:
    found: Facts = member.facts(*values)
    return found


def around(stated: Facts, step: float = 1e-9) -> np.ndarray:
    """Points at both sides of each kink and jump, and of zero."""
    special = [0.0, *stated.jumps, *(kink.at for kink in stated.kinks)]
    return np.array([x + side for x in special for side in (-step, step)])


@each_elementwise_case
def test_range(member: Activation, values: tuple[float, ...]) -> None:
    stated = facts(member, values).range
    points = np.concatenate([MIDDLE, around(facts(member, values), 1e-10), [0.0]])
    for y in value(member, points, values).tolist():
        assert y in stated
    all_y = value(member, np.concatenate([points, GRID, [-1e12, 1e12]]), values)
    assert all_y.min() >= stated.low
    assert all_y.max() <= stated.high
    # The slope at the bottom of a dip is zero, so the grid's step of 0.001 misses it by no more than its square.
    assert all_y.min() <= (stated.low + 1e-6 if math.isfinite(stated.low) else -100)
    assert all_y.max() >= (stated.high - 1e-9 if math.isfinite(stated.high) else 100)


@each_elementwise_case
def test_monotonicity(member: Activation, values: tuple[float, ...]) -> None:
    steps = np.diff(value(member, MIDDLE, values))
    if (steps > 0).all():
        measured = "strictly increasing"
    else:
        measured = "non-decreasing" if (steps >= 0).all() else "not monotone"
    assert facts(member, values).monotonicity == measured


@each_case
def test_slope_is_the_derivative(member: Activation, values: tuple[float, ...]) -> None:
    step = 1e-6
    x = MIDDLE
    x = x[np.min([np.abs(x - k.at) for k in facts(member, values).kinks] or [np.ones_like(x)], axis=0) > step]
    difference = (value(member, x + step, values) - value(member, x - step, values)) / (2 * step)
    # Rounding of a value v makes v * 2^-53 / 1e-6 = 1e-10 v of error; the method's own is below 1e-6^2.
    scale = 1 + np.abs(value(member, x, values))
    np.testing.assert_allclose(slope(member, x, values) / scale, difference / scale, atol=1e-9)


@each_case
def test_kinks_are_where_the_slope_jumps_and_nowhere_else(member: Activation, values: tuple[float, ...]) -> None:
    kinks = facts(member, values).kinks
    for kink in kinks:
        np.testing.assert_allclose(slope(member, kink.at - 1e-9, values), kink.left, atol=1e-8)
        np.testing.assert_allclose(slope(member, kink.at + 1e-9, values), kink.right, atol=1e-8)
        assert slope(member, kink.at, values) == kink.taken
        assert len({kink.left, kink.right, kink.taken}) > 1
    jumps = np.abs(np.diff(slope(member, GRID, values))) > 0.01  # a smooth slope changes by its bend times 0.001
    found = {round((a + b) / 2, 2) + 0.0 for a, b in zip(GRID[:-1][jumps], GRID[1:][jumps], strict=True)}
    # A jump smaller than the threshold is not seen here, but is by the limits above.
    assert found == {kink.at for kink in kinks if abs(kink.left - kink.right) > 0.01}


@each_case
def test_jumps(member: Activation, values: tuple[float, ...]) -> None:
    stated = facts(member, values)
    for x in stated.jumps:
        below, above = value(member, [x - 1e-9, x + 1e-9], values)
        assert abs(above - below) > 1e-3
    y, width = value(member, GRID, values), GRID[1] - GRID[0]
    steepest = np.maximum(np.abs(slope(member, GRID, values))[:-1], np.abs(slope(member, GRID, values))[1:])
    jumps = np.abs(np.diff(y)) > 2 * steepest * width + 0.01
    found = {round((a + b) / 2, 2) + 0.0 for a, b in zip(GRID[:-1][jumps], GRID[1:][jumps], strict=True)}
    assert found == set(stated.jumps)
    assert (stated.smoothness == "discontinuous") == bool(stated.jumps)


@each_case
def test_smoothness(member: Activation, values: tuple[float, ...]) -> None:
    stated = facts(member, values)
    kinks = any(kink.left != kink.right for kink in stated.kinks)
    assert (stated.smoothness in ("continuous", "discontinuous")) == kinks
    if kinks:
        return
    # Where the slope bends, its second difference is of the order of the step; where it is smooth, of its square.
    step = GRID[1] - GRID[0]
    bend = np.abs(np.diff(slope(member, GRID, values), 2)).max() / step
    assert ("continuously differentiable" if bend > 0.1 else "infinitely differentiable") == stated.smoothness


@each_case
def test_saturation(member: Activation, values: tuple[float, ...]) -> None:
    for far, stated in zip(slope(member, [-1e8, 1e8], values), facts(member, values).saturation, strict=True):
        assert far == pytest.approx(stated, abs=1e-12) if math.isfinite(stated) else far > 1e6


@cases("elementwise", "gated")
def test_zero_slope_regions(member: Activation, values: tuple[float, ...]) -> None:
    stated = facts(member, values)
    points = np.concatenate([MIDDLE, [0.0], [kink.at for kink in stated.kinks]])
    zero = slope(member, points, values) == 0
    # A zero of the slope that is alone, as at the bottom of a dip, makes no stretch.
    stretch = zero & ((slope(member, points - 1e-9, values) == 0) | (slope(member, points + 1e-9, values) == 0))
    for point, found in zip(points.tolist(), stretch.tolist(), strict=True):
        assert found == any(point in interval for interval in stated.zero_slope), f"at {point}"


@each_elementwise_case
def test_lipschitz(member: Activation, values: tuple[float, ...]) -> None:
    stated = facts(member, values)
    if stated.lipschitz == math.inf:
        assert stated.jumps or math.inf in stated.saturation
        return
    steepest = np.abs(slope(member, np.concatenate([GRID, around(stated), [-1e8, 1e8]]), values)).max()
    assert steepest <= stated.lipschitz * (1 + 1e-15)  # the formula itself rounds
    assert steepest == pytest.approx(stated.lipschitz, rel=1e-6)
    assert not stated.jumps


@each_case
def test_gain(member: Activation, values: tuple[float, ...]) -> None:
    stated = facts(member, values)
    kinks = {float(k.at) for k in stated.kinks} | {-p for p in values} | set(values)

    def square(z: Any) -> Any:
        return float(value(member, float(z), values)) ** 2 * mpmath.npdf(z)

    with mpmath.workdps(15):
        mean_square = mpmath.quad(square, sorted({-12, -4, 0, 4, 12} | kinks))
    if stated.gain is None:
        assert mean_square == 0
    else:
        assert stated.gain == pytest.approx(float(1 / mpmath.sqrt(mean_square)), rel=1e-9)


def test_gains_where_torch_has_one() -> None:
    def ours(name: str, *values: float) -> Any:
        return facts(catalogue.get(name), values).gain

    torchs: Any = torch.nn.init.calculate_gain
    assert ours("relu") == pytest.approx(torchs("relu"))
    for leak in (0.01, 0.3):
        assert ours("leaky_relu", leak) == pytest.approx(torchs("leaky_relu", leak))
    # Rules of thumb, not the definition: for a standard normal input these members would not keep its mean square.
    assert (torchs("sigmoid"), torchs("tanh"), torchs("selu")) == (1, 5 / 3, 3 / 4)
    assert ours("sigmoid") == pytest.approx(1.8462285, rel=1e-7)
    assert ours("tanh") == pytest.approx(1.5925374, rel=1e-7)
    assert ours("selu") == pytest.approx(1, abs=1e-12)  # what its constants are chosen for


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
                np.testing.assert_allclose(got, wanted, rtol=4e-16)
                if wanted == wanted:
                    assert np.signbit(got) == np.signbit(float(wanted)), f"sign of zero at {edge.at}"
    assert np.isnan(value(member, np.nan, values))
    assert np.isnan(slope(member, np.nan, values))


@each_case
def test_formula_is_safe_for_autograd(member: Activation, values: tuple[float, ...]) -> None:
    kinks = facts(member, values).kinks
    points = [-1e4, -40.0, -3.0, -0.5, 0.0, 0.5, 3.0, 40.0, 1e4, *(float(k.at) for k in kinks)]
    x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    parameters = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in values]
    value(member, x, tuple(parameters), torch).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad, slope(member, points, values), atol=1e-13)
    for parameter in parameters:  # none where it is only compared with
        assert parameter.grad is None or torch.isfinite(parameter.grad)
    assert torch.autograd.gradcheck(
        lambda t: slope(member, t, values, torch),
        torch.tensor([-2.1, -0.31, 0.42, 2.2], dtype=torch.float64, requires_grad=True),
    )


def inputs(member: Activation, x: Any) -> tuple[Any, ...]:
    """What the formula takes: the halves of a gated member."""
    return (x[..., :2], x[..., 2:4]) if member.kind == "gated" else (x,)


@each
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_both_namespaces_agree_and_keep_the_type(member: Activation, dtype: Any) -> None:
    x = np.random.default_rng(5).normal(scale=3, size=(4, 5)).astype(dtype)
    eps = float(np.finfo(dtype).eps)
    for function in (member.formula, member.slope):
        with_numpy = function(np, *inputs(member, x), *member.defaults)
        with_torch = function(torch, *inputs(member, torch.from_numpy(x)), *member.defaults)
        assert isinstance(with_numpy, tuple) == isinstance(with_torch, tuple)
        for ours, torchs in zip(_parts(with_numpy), _parts(with_torch), strict=True):
            assert ours.dtype == dtype
            assert torchs.numpy().dtype == dtype
            np.testing.assert_allclose(ours, torchs, rtol=100 * eps, atol=10 * eps)


def _parts(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


@each_elementwise_case
def test_the_formulas_lose_no_digits(member: Activation, values: tuple[float, ...]) -> None:
    """In float64 they are what they are in 40 digits, but for a few roundings."""
    sizes = 10.0 ** np.linspace(-12, 1.5, 80)
    x = np.concatenate([-sizes, sizes])
    for function in (value, slope):
        got = function(member, x, values)
        wanted = np.array([float(function(member, mpmath.mpf(point), values, Mp)) for point in x.tolist()])
        # An exponent, of up to 1000 here, has an error of as many roundings.
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-290)


@of_kind("rowwise")
def test_rowwise_facts(member: Activation) -> None:
    x = np.random.default_rng(6).normal(scale=4, size=(200, 6))
    stated = facts(member)
    y, jacobian = value(member, x), slope(member, x)
    assert all(v in stated.range for v in y.ravel().tolist())
    step = 1e-6 * np.eye(6)[:, None, :]
    difference = (value(member, x + step) - value(member, x - step)) / 2e-6  # (input, row, output)
    np.testing.assert_allclose(jacobian, difference.transpose(1, 2, 0), atol=1e-8)
    far = slope(member, [[-800.0, 0, 800]])[0]
    np.testing.assert_allclose((far[0, 0], far[2, 2]), stated.saturation, atol=1e-12)
    assert np.isnan(value(member, [0.0, np.nan])).all()
    assert stated.monotonicity == "not monotone"
    assert (jacobian < 0).any()
    assert (jacobian > 0).any()
    assert not stated.kinks
    assert not stated.zero_slope


def test_lipschitz_of_rows() -> None:
    x = np.random.default_rng(6).normal(scale=4, size=(200, 6))
    softmax, log_softmax = catalogue.get("softmax"), catalogue.get("log_softmax")
    assert np.linalg.norm(slope(softmax, x), 2, axis=(-2, -1)).max() <= facts(softmax).lipschitz
    equal = slope(softmax, [0.0, 0, -50, -50])
    assert np.linalg.norm(equal, 2) == pytest.approx(facts(softmax).lipschitz)
    assert facts(log_softmax).lipschitz == math.inf
    for length in (4, 100, 2500):
        one_leads = slope(log_softmax, [100.0] + [0.0] * (length - 1))
        assert np.linalg.norm(one_leads, 2) == pytest.approx(math.sqrt(length))


@of_kind("gated")
def test_both_derivatives_of_gates(member: Activation) -> None:
    a, b = np.random.default_rng(9).normal(scale=3, size=(2, 1000))
    step = 1e-6
    by_a, by_b = member.slope(np, a, b)
    for got, before, after in (
        (by_a, (a - step, b), (a + step, b)),
        (by_b, (a, b - step), (a, b + step)),
    ):
        difference = (member.formula(np, *after) - member.formula(np, *before)) / (2 * step)
        np.testing.assert_allclose(got, difference, atol=1e-8)
    tensors = [torch.tensor(half, requires_grad=True) for half in (a, b)]
    member.formula(torch, *tensors).sum().backward()
    for tensor, wanted in zip(tensors, (by_a, by_b), strict=True):
        assert tensor.grad is not None
        np.testing.assert_allclose(tensor.grad, wanted, atol=1e-13)


@of_kind("gated")
def test_gated_facts(member: Activation) -> None:
    stated = facts(member)
    a, b = np.random.default_rng(9).normal(scale=30, size=(2, 5000))
    y = member.formula(np, a, b)
    assert (str(stated.range), stated.monotonicity, stated.lipschitz) == ("(−∞, ∞)", "not monotone", math.inf)
    assert y.min() < -20
    assert y.max() > 20
    assert np.hypot(*member.slope(np, 1e9, np.array(0.5))) > 1e8
    for interval in stated.zero_slope:
        inside = np.array([v for v in b if v in interval])
        assert not np.any(member.slope(np, np.ones_like(inside), inside))
    z = np.random.default_rng(10).normal(size=(2, 400_000))
    assert stated.gain is not None
    assert np.mean((stated.gain * member.formula(np, *z)) ** 2) == pytest.approx(1, rel=0.05)


@of_kind("concatenated")
def test_concatenated_facts(member: Activation) -> None:
    stated = facts(member)
    first, second = member.formula(np, GRID)
    by_first, by_second = member.slope(np, GRID)
    for half, its_slope in ((first, by_first), (second, by_second)):
        assert all(v in stated.range for v in half.tolist())
        np.testing.assert_allclose(np.diff(half), its_slope[1:] * np.diff(GRID), atol=2e-3)
    assert stated.monotonicity == "not monotone"
    assert (by_first > 0).any()
    assert (by_second < 0).any()
    assert not stated.zero_slope
    assert (np.hypot(by_first, by_second) > 0).all()
    assert np.hypot(by_first, by_second).max() == stated.lipschitz
    np.testing.assert_array_equal(first - second, GRID)
    x = torch.tensor([-2.0, 0.0, 3.0], dtype=torch.float64, requires_grad=True)
    for half, wanted in zip(member.formula(torch, x), ([0, 0, 1], [-1, 0, 0]), strict=True):
        assert torch.autograd.grad(half.sum(), x, retain_graph=True)[0].tolist() == wanted
