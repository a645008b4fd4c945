"""Gated and concatenated members of arrays: axes, types, `out`, and what they say when x or `out` does not fit."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import rectifier
from rectifier import catalogue
from rectifier.catalogue import Activation
from rectifier.functions import public

GATED = [member for member in catalogue.members() if member.kind == "gated"]
HALVED = [member for member in catalogue.members() if member.kind in ("gated", "concatenated")]
each = pytest.mark.parametrize("member", HALVED, ids=lambda m: m.name)
each_gated = pytest.mark.parametrize("member", GATED, ids=lambda m: m.name)


def numbers(shape: Any, dtype: Any = np.float64) -> np.ndarray:
    drawn: np.ndarray = np.random.default_rng(11).normal(scale=2, size=shape).astype(dtype)
    return drawn


def pieces(member: Activation, x: np.ndarray, axis: int) -> Any:
    return np.split(x, 2, axis) if member.kind == "gated" else [x]


def expected(member: Activation, what: str, x: np.ndarray, axis: int = -1) -> np.ndarray:
    function = member.formula if what == "value" else member.slope
    result = function(np, *pieces(member, x.astype(np.float64), axis))
    joined: np.ndarray = np.concatenate(result, axis) if isinstance(result, tuple) else result
    return joined


def test_first_examples() -> None:
    assert rectifier.crelu([-2, 0, 3]).tolist() == [0, 0, 3, 2, 0, 0]
    assert rectifier.crelu([-2, 0, 3]).dtype.kind == "i"
    assert rectifier.crelu.derivative([-2.0, 0.0, 3.0]).tolist() == [0, 0, 1, -1, 0, 0]
    assert rectifier.reglu([[3.0, 4.0, 2.0, -1.0]]).tolist() == [[6, 0]]
    assert rectifier.reglu.derivative([[3.0, 4.0, 2.0, -1.0]]).tolist() == [[2, 0, 3, 0]]
    assert rectifier.glu([2.0, 0.0]).tolist() == [1]


@each
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("axis", [-3, -2, -1, 0, 1, 2])
def test_any_axis_and_type(member: Activation, dtype: Any, axis: int) -> None:
    x, function = numbers((2, 4, 6), dtype), public(member.name)
    tolerance = 4 * float(np.finfo(dtype).eps)
    value, slope = function(x, axis=axis), function.derivative(x, axis=axis)
    for got, what in ((value, "value"), (slope, "derivative")):
        wanted = expected(member, what, x, axis)
        assert got.dtype == dtype
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)
    both = function.value_and_derivative(x, axis=axis)
    assert isinstance(both, tuple)
    np.testing.assert_array_equal(both[0], value)
    np.testing.assert_array_equal(both[1], slope)


@each
def test_nan_and_zeros(member: Activation) -> None:
    function = public(member.name)
    assert np.isnan(function([1.0, np.nan])[-1])
    assert np.isnan(function([np.nan, 1.0])[0])
    assert np.isnan(function.derivative([1.0, np.nan])).any()
    zeros = rectifier.crelu([-0.0, 0.0])
    assert np.signbit(zeros).tolist() == [True, False, False, True]


@each
def test_empty_and_strided(member: Activation) -> None:
    function = public(member.name)
    assert function(np.ones((0,))).shape == (0,)
    assert function(np.ones((0, 4))).shape[0] == 0
    assert function(np.ones((3, 0))).shape == (3, 0)
    x = numbers((6, 8))
    for view in (x[::2, ::-2], np.asfortranarray(x), x.T):
        np.testing.assert_array_equal(function(view), function(view.copy()))
        np.testing.assert_array_equal(function.derivative(view), function.derivative(view.copy()))


@each
def test_out(member: Activation) -> None:
    x, function = numbers((4, 6)), public(member.name)
    for compute in (function, function.derivative):
        for axis in (0, 1):
            wanted = compute(x, axis=axis)
            out = np.full(wanted.shape, 7.0)
            assert compute(x, axis=axis, out=out) is out
            np.testing.assert_array_equal(out, wanted)
            assert compute(x, axis=axis, out=(out,)) is out
            sparse = np.zeros((*wanted.shape, 2))[..., 0]
            compute(x, axis=axis, out=sparse)
            np.testing.assert_array_equal(sparse, wanted)
    value, slope = function.value_and_derivative(x)
    outs = np.empty_like(value), np.empty_like(slope)
    given = function.value_and_derivative(x, out=outs)
    assert given[0] is outs[0]
    assert given[1] is outs[1]
    np.testing.assert_array_equal(outs[0], value)
    np.testing.assert_array_equal(outs[1], slope)
    only = np.empty_like(slope)
    assert function.value_and_derivative(x, out=(None, only))[1] is only


@each_gated
def test_in_place(member: Activation) -> None:
    function, x = public(member.name), numbers((5, 300))
    value, slope = function.value_and_derivative(x)
    over_slope = x.copy()
    function.derivative(over_slope, out=over_slope)
    np.testing.assert_array_equal(over_slope, slope)
    for start in (0, 75, 150):
        over_value = x.copy()
        function(over_value, out=over_value[:, start : start + 150])
        np.testing.assert_array_equal(over_value[:, start : start + 150], value)


@each
def test_dtype_and_casting(member: Activation) -> None:
    x, function = numbers(6), public(member.name)
    narrow = function(x, dtype=np.float32)
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, function(x), rtol=1e-6)
    assert function(x.astype(np.float32), dtype=np.float64).dtype == np.float64
    assert [part.dtype for part in function.value_and_derivative(x, dtype="f4")] == [np.float32, np.float32]
    out = np.empty(function(x).shape, np.float32)
    function(x, out=out)
    np.testing.assert_allclose(out, function(x), rtol=1e-6)
    with pytest.raises(TypeError, match="Cannot cast"):
        function(x, dtype=np.float32, casting="safe")
    with pytest.raises(TypeError, match="Cannot cast"):
        function(x, out=np.empty(out.shape, np.int64))


@pytest.mark.parametrize("dtype", "?bBhHiIlLqQ")
def test_integers(dtype: str) -> None:
    x = np.array([0, 1, 1, 0]).astype(dtype)
    crelu = rectifier.crelu(x)
    assert crelu.tolist() == [0, 1, 1, 0, 0, 0, 0, 0]
    assert crelu.dtype == (np.int8 if dtype == "?" else x.dtype)
    for member in GATED:
        result = public(member.name)(x)
        assert result.dtype.kind == "f"
        np.testing.assert_allclose(result, expected(member, "value", x), rtol=1e-3)


@each
def test_lists_and_tables_give_arrays(member: Activation) -> None:
    function = public(member.name)
    rows = [[1.0, -2.0], [3.0, 0.5]]
    wanted = function(np.array(rows))
    for given in (rows, tuple(map(tuple, rows)), pd.DataFrame(rows)):
        result = function(given)
        assert type(result) is np.ndarray
        np.testing.assert_array_equal(result, wanted)
    result = function(pd.Series([1.0, -2.0], index=["a", "b"]))
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, function(np.array([1.0, -2.0])))
    with pytest.raises(TypeError, match=f"{member.name} takes booleans, integers.*of type object"):
        function(pd.DataFrame({"a": [1.0], "b": ["x"]}))


@each_gated
def test_an_odd_length(member: Activation) -> None:
    for function in (public(member.name), public(member.name).derivative, public(member.name).value_and_derivative):
        with pytest.raises(
            ValueError,
            match=rf"{member.name} splits x in two along axis 1, .* even, but it is 3 \(the shape is \(2, 3\)\)",
        ):
            function(np.ones((2, 3)))
        assert function(np.ones((2, 3)), axis=0) is not None


@each
def test_wrong_shapes_and_axes(member: Activation) -> None:
    function, x = public(member.name), np.ones((2, 4))
    for number in (1.0, 3, np.float32(1), np.array(1.0)):
        with pytest.raises(ValueError, match=f"{member.name} works along an axis, so x must have at least one"):
            function(number)
    for axis in (2, -3):
        with pytest.raises(np.exceptions.AxisError, match=f"{member.name}: axis {axis} is out of bounds"):
            function(x, axis=axis)
    with pytest.raises(TypeError, match="integer"):
        function(x, axis="0")
    shape = function(x).shape
    with pytest.raises(ValueError, match=rf"out must have the shape \({shape[0]}, {shape[1]}\), but was given one of"):
        function(x, out=np.empty((2, 3)))
    with pytest.raises(ValueError, match="out must be a tuple of 2 arrays, but was given 1"):
        function.value_and_derivative(x, out=np.empty(shape))
    with pytest.raises(TypeError, match="out must be a NumPy array, but was given list"):
        function(x, out=[1.0])
    with pytest.raises(TypeError, match="unknown argument 'where'"):
        function(x, where=True)


@each
def test_a_mask_is_refused(member: Activation) -> None:
    with pytest.raises(TypeError, match=f"{member.name} cannot pass a mask on"):
        public(member.name)(np.ma.masked_array([1.0, 2.0], mask=[True, False]))
