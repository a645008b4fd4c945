"""The ufuncs behave as NumPy's own: strides, broadcasting, in place, empty, types, flags, overlaps."""

import itertools
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rectifier import catalogue, ufuncs
from rectifier.catalogue import Activation

MEMBERS = catalogue.members()
ROWWISE = [member for member in MEMBERS if member.kind == "rowwise"]
OF_NUMBERS = [member for member in MEMBERS if member.kind != "rowwise"]
ELEMENTWISE = [member for member in MEMBERS if member.kind == "elementwise"]
FLOATS = [np.float16, np.float32, np.float64]
each = pytest.mark.parametrize("member", MEMBERS, ids=lambda m: m.name)
each_of_numbers = pytest.mark.parametrize("member", OF_NUMBERS, ids=lambda m: m.name)
each_elementwise = pytest.mark.parametrize("member", ELEMENTWISE, ids=lambda m: m.name)
each_float = pytest.mark.parametrize("dtype", FLOATS)


def numbers(shape: Any, dtype: Any) -> np.ndarray:
    drawn: np.ndarray = np.random.default_rng(3).normal(scale=3, size=shape).astype(dtype)
    return drawn


def arguments(member: Activation, x: np.ndarray, parameters: Any = None) -> tuple[Any, ...]:
    """What the ufuncs of this member take: x and the parameters; for a gated one, x and the same turned round."""
    if member.kind == "gated":
        return x, np.ascontiguousarray(x[..., ::-1])
    return x, *(member.defaults if parameters is None else parameters)


def outputs(result: Any) -> tuple[np.ndarray, ...]:
    return result if isinstance(result, tuple) else (result,)


def both(member: Activation, x: np.ndarray) -> tuple[np.ndarray, ...]:
    found: tuple[np.ndarray, ...] = ufuncs.value_and_derivative(member.name)(*arguments(member, x))
    return found


@each
def test_they_are_ufuncs_with_names_and_documentation(member: Activation) -> None:
    ufunc = ufuncs.value(member.name)
    assert isinstance(ufunc, np.ufunc)
    assert ufunc.__name__ == member.name
    assert member.summary in str(ufunc.__doc__)
    assert ufunc.nin == (2 if member.kind == "gated" else 1) + len(member.parameters)
    assert ufunc.nout == (2 if member.kind == "concatenated" else 1)
    if member.kind != "rowwise":
        slope, together = ufuncs.derivative(member.name), ufuncs.value_and_derivative(member.name)
        assert slope.nin == together.nin == ufunc.nin
        assert slope.nout == (1 if member.kind == "elementwise" else 2)
        assert together.nout == ufunc.nout + slope.nout
        assert member.text_slope in str(slope.__doc__)


@each_float
@each
@pytest.mark.parametrize("size", [0, 1, 7, 511, 512, 513, 1025])
def test_any_stride_gives_the_same(member: Activation, dtype: Any, size: int) -> None:
    ufunc = ufuncs.value(member.name)
    x = numbers((3, size), dtype)
    if member.kind == "rowwise" and size == 0:
        assert ufunc(x).shape == x.shape
        return
    operands = arguments(member, x)
    wanted = outputs(ufunc(*operands))

    def strided(operand: Any) -> Any:
        if np.ndim(operand) == 0:
            return operand
        wide = np.zeros((3, size, 2), dtype)[..., 0]
        wide[:] = operand
        return wide

    def same(got: Any) -> None:
        for ours, ordinary in zip(outputs(got), wanted, strict=True):
            np.testing.assert_array_equal(ours, ordinary)

    same(ufunc(*map(strided, operands)))
    same(ufunc(*(np.asfortranarray(operand) if np.ndim(operand) else operand for operand in operands)))
    same(ufunc(*operands, out=tuple(strided(0 * part) for part in wanted)))
    same(ufunc(*(np.ascontiguousarray(o[:, ::-1])[:, ::-1] if np.ndim(o) else o for o in operands)))
    x_in_place = x.copy()
    operands = (x_in_place, *operands[1:])
    got = outputs(ufunc(*operands, out=(x_in_place, *(np.empty_like(x) for _ in wanted[1:]))))
    assert got[0] is x_in_place
    same(got)


@each_float
@each_of_numbers
def test_a_result_depends_on_the_number_alone(member: Activation, dtype: Any) -> None:
    """Not on where it lies: in a vector, in the rest behind the last vector, or alone."""
    operands = arguments(member, numbers(1100, dtype))
    ufunc = ufuncs.value_and_derivative(member.name)
    wanted = ufunc(*operands)
    for start in (1, 3, 500, 1090, 1099):
        part = ufunc(*(operand[start:] if np.ndim(operand) else operand for operand in operands))
        for ours, whole in zip(part, wanted, strict=True):
            np.testing.assert_array_equal(ours, whole[start:])


@each
def test_they_can_be_pickled(member: Activation) -> None:
    assert pickle.loads(pickle.dumps(ufuncs.value(member.name))) is ufuncs.value(member.name)


@each_float
@each_elementwise
def test_overlapping_output_is_safe(member: Activation, dtype: Any) -> None:
    memory = numbers(2001, dtype)
    wanted = ufuncs.value(member.name)(memory[:-1], *member.defaults)
    ufuncs.value(member.name)(memory[:-1], *member.defaults, out=memory[1:])
    np.testing.assert_array_equal(memory[1:], wanted)


@each_float
@each_of_numbers
def test_in_place_of_any_output(member: Activation, dtype: Any) -> None:
    wanted = both(member, numbers(2001, dtype))
    for position in range(len(wanted)):
        x = numbers(2001, dtype)
        outs = [np.empty_like(x) for _ in wanted]
        outs[position] = x
        ufuncs.value_and_derivative(member.name)(*arguments(member, x), out=tuple(outs))
        for ours, ordinary in zip(outs, wanted, strict=True):
            np.testing.assert_array_equal(ours, ordinary)


@each_float
@pytest.mark.parametrize("member", [m for m in ELEMENTWISE if m.parameters], ids=lambda m: m.name)
def test_parameters_broadcast(member: Activation, dtype: Any) -> None:
    x, ufunc = numbers((4, 600), dtype), ufuncs.value_and_derivative(member.name)
    # Ordered parameters stay in order: the columns do not overlap. 1 is softplus's usual one, computed in its own way.
    columns = [np.array([[0.1], [0.2], [0.3], [1.0]], dtype) + dtype(k) for k in range(len(member.parameters))]
    full = [np.broadcast_to(column, x.shape).copy() for column in columns]
    of_columns, of_all = ufunc(x, *columns), ufunc(x, *full)
    for row in range(4):
        alone = ufunc(x[row], *(column[row, 0] for column in columns))
        for wanted, *got in zip(alone, of_columns, of_all, strict=True):
            for ours in got:
                np.testing.assert_array_equal(ours[row], wanted)


@each_elementwise
def test_where_leaves_the_rest_alone(member: Activation) -> None:
    x = numbers(50, np.float64)
    out = np.full(50, 77.0)
    ufuncs.value(member.name)(x, *member.defaults, out=out, where=x > 0)
    assert (out[x <= 0] == 77).all()
    assert (out[x > 0] != 77).all()


@each_float
@each
def test_no_floating_point_flag_escapes(member: Activation, dtype: Any) -> None:
    largest = np.finfo(dtype).max
    x = np.array([-np.inf, -largest, -100, -1e-7, -0.0, 0.0, 1e-7, 100, largest, np.inf, np.nan], dtype)
    operands = arguments(member, x, [dtype(p) for p in member.defaults])
    with np.errstate(all="raise"):
        ufuncs.value(member.name)(*operands)
        if member.kind != "rowwise":
            ufuncs.derivative(member.name)(*operands)
            ufuncs.value_and_derivative(member.name)(*operands)


@pytest.mark.parametrize("dtype", "bBhHiIlLqQ")
@each_elementwise
def test_integers(member: Activation, dtype: str) -> None:
    x = np.arange(200).astype(dtype) if dtype.isupper() else np.arange(-100, 100).astype(dtype)
    value = ufuncs.value(member.name)(x, *member.defaults)
    slope = ufuncs.derivative(member.name)(x, *member.defaults)
    wide = x.astype(np.float64)
    if member.integers:
        assert value.dtype == slope.dtype == x.dtype
        np.testing.assert_array_equal(value, member.formula(np, wide, *member.defaults))
        np.testing.assert_array_equal(slope, member.slope(np, wide, *member.defaults))
    else:
        assert value.dtype.kind == "f"
        np.testing.assert_array_equal(value, ufuncs.value(member.name)(x.astype(value.dtype), *member.defaults))


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_extreme_integers(bits: int) -> None:
    info = np.iinfo(f"int{bits}")
    np.testing.assert_array_equal(ufuncs.value("relu")(np.array([info.min, info.max], info.dtype)), [0, info.max])
    top = np.iinfo(f"uint{bits}").max
    assert ufuncs.value("relu")(np.array([top], f"uint{bits}"))[0] == top


@each_float
@pytest.mark.parametrize("member", ROWWISE, ids=lambda m: m.name)
def test_rows_along_any_axis(member: Activation, dtype: Any) -> None:
    x = numbers((5, 6, 7), dtype)
    for axis in range(-3, 3):
        got = ufuncs.value(member.name)(x, axis=axis)
        wanted = np.moveaxis(ufuncs.value(member.name)(np.moveaxis(x, axis, -1).copy()), -1, axis)
        np.testing.assert_array_equal(got, wanted)


@each_float
def test_softmax_with_nan_infinity_and_large_numbers(dtype: Any) -> None:
    softmax = ufuncs.value("softmax")
    for position in (0, 3, 20):  # in the vectorised part and behind it
        row = np.zeros(21, dtype)
        row[position] = np.nan
        assert np.isnan(softmax(row)).all()
        row[position] = -np.inf
        assert softmax(row)[position] == 0
        assert float(softmax(row).sum(dtype=np.float64)) == pytest.approx(1, abs=1e-3)
        row[position] = np.inf
        assert np.isnan(softmax(row)[position])
        row[position] = np.finfo(dtype).max
        np.testing.assert_array_equal(softmax(row), np.arange(21) == position)
    assert np.isnan(softmax(np.full(20, -np.inf, dtype))).all()


@given(st.lists(st.floats(width=32), min_size=1, max_size=60))
def test_relu_is_the_obvious_loop(values: list[float]) -> None:
    x = np.array(values, np.float32)
    wanted = np.array([v if v > 0 or v != v or v == 0 else 0.0 for v in values], np.float32)
    got = ufuncs.value("relu")(x)
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(np.signbit(got[x == 0]), np.signbit(x[x == 0]))


def test_reduce_and_accumulate_take_one_element_after_the_other() -> None:
    x = np.random.default_rng(7).normal(size=(3, 700))
    leaky_relu, glu = ufuncs.value("leaky_relu"), ufuncs.value("reglu")
    for ufunc, of in ((leaky_relu, lambda a, b: a if a > 0 else b * a), (glu, lambda a, b: a * max(b, 0))):
        rows = [list(itertools.accumulate(row, of)) for row in x]
        np.testing.assert_allclose(ufunc.accumulate(x, axis=1), rows, rtol=1e-15)
        np.testing.assert_allclose(ufunc.reduce(x, axis=1), [row[-1] for row in rows], rtol=1e-15)
        columns = [list(itertools.accumulate(column, of)) for column in x.T]
        np.testing.assert_allclose(ufunc.reduce(x, axis=0), [column[-1] for column in columns], rtol=1e-15)
