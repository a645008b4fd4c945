"""The public functions: what they take, what they give back, and what they say when they cannot."""

import copy
import doctest
import inspect
import pickle
from typing import Any

import ml_dtypes
import numpy as np
import pandas as pd
import pytest

import rectifier
from rectifier import catalogue
from rectifier.catalogue import Activation
from rectifier.functions import Function, public

MEMBERS = catalogue.members()
each = pytest.mark.parametrize("member", MEMBERS, ids=lambda m: m.name)
each_elementwise = pytest.mark.parametrize(
    "member", [m for m in MEMBERS if m.kind == "elementwise"], ids=lambda m: m.name
)


def test_the_first_example() -> None:
    result = rectifier.relu([-2, -1, 0, 1, 2])
    assert str(result) == "[0 0 0 1 2]"
    assert result.dtype.kind == "i"


@each
def test_it_is_found_under_its_name(member: Activation) -> None:
    function = getattr(rectifier, member.name)
    assert function is public(member.name)
    assert function.definition is member
    assert function.__name__ == member.name
    assert member.name in dir(rectifier)
    assert member.name in repr(function)


@each
def test_pickle_and_copy_give_the_same_object(member: Activation) -> None:
    function = public(member.name)
    assert pickle.loads(pickle.dumps(function)) is function
    assert copy.copy(function) is function
    assert copy.deepcopy(function) is function
    for way in (function.derivative, function.value_and_derivative):
        assert pickle.loads(pickle.dumps(way)) is way
        assert repr(way) == f"<rectifier.{member.name}.{way.what}>"


@pytest.mark.parametrize("member", [m for m in MEMBERS if m.kind != "rowwise"], ids=lambda m: m.name)
@pytest.mark.parametrize("what", ["derivative", "value_and_derivative"])
def test_a_small_array_goes_a_short_way_to_the_same(member: Activation, what: str) -> None:
    """With defaults and with the same parameters given, which go the long way; with and without `out`."""
    way, values = getattr(public(member.name), what), member.defaults
    for dtype in ("float16", "float32", "float64"):
        x = np.linspace(-3, 3, 12, dtype=dtype).reshape(2, 6)
        for array in (x, x[0], x[:, ::2][:, :2], x[:0]):
            quick, long = (r if isinstance(r, tuple) else (r,) for r in (way(array), way(array.tolist(), *values)))
            assert len(quick) == len(long)
            for a, b in zip(quick, (np.asarray(part, dtype) for part in long), strict=True):
                assert a.dtype == dtype
                if dtype == "float64":
                    np.testing.assert_array_equal(a, b.reshape(a.shape))
            outs = tuple(np.empty_like(part) for part in quick)
            given = way(array, out=outs if len(outs) > 1 else outs[0])
            for mine, out, a in zip(given if isinstance(given, tuple) else (given,), outs, quick, strict=True):
                assert mine is out
                np.testing.assert_array_equal(out, a)
    one = np.empty_like(way(x)[0] if what == "value_and_derivative" else way(x))
    wrong: list[Any] = [(one, one, one), "out", one[:1], one.tolist()]
    for out in [*wrong, one] if what == "value_and_derivative" else wrong:
        with pytest.raises((TypeError, ValueError)):
            way(x, out=out)


@each
def test_signature_shows_the_parameters(member: Activation) -> None:
    shown = inspect.signature(public(member.name)).parameters
    assert inspect.signature(public(member.name).derivative).parameters == shown
    assert next(iter(shown)) == "x"
    for parameter in member.parameters:
        assert shown[parameter.name].default == parameter.default
    assert ("axis" in shown) == (member.kind != "elementwise" or any(p.learned for p in member.parameters))


@each
def test_documentation_runs(member: Activation) -> None:
    text = public(member.name).__doc__ or ""
    assert member.text in text
    test = doctest.DocTestParser().get_doctest(text, {}, member.name, None, None)
    assert len(test.examples) == 4
    results = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test)
    assert results.failed == 0


@each_elementwise
def test_python_numbers_give_python_numbers(member: Activation) -> None:
    function = public(member.name)
    for number in (3.5, -3.5, 2, -2, True):
        for result in (function(number), function.derivative(number), *function.value_and_derivative(number)):
            assert type(result) is (int if member.integers and not isinstance(number, float) else float)


def test_python_integers_of_any_size_that_fits() -> None:
    assert rectifier.relu(2**63) == 2**63
    with pytest.raises(TypeError, match="relu takes"):
        rectifier.relu(2**70)


@each_elementwise
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_arrays_keep_shape_and_type(member: Activation, dtype: Any) -> None:
    function = public(member.name)
    for shape in ((), (0,), (3,), (2, 0, 3), (2, 3, 4)):
        x = np.ones(shape, dtype)
        for result in (function(x), function.derivative(x), *function.value_and_derivative(x)):
            assert result.dtype == dtype
            assert result.shape == shape
    assert isinstance(function(dtype(2)), dtype)


@each
def test_results_are_the_definition(member: Activation) -> None:
    x = np.random.default_rng(7).normal(scale=2, size=(5, 6))
    function = public(member.name)
    inputs = np.split(x, 2, axis=-1) if member.kind == "gated" else [x]
    for got, definition, tolerance in (
        (function(x), member.formula, 1e-14),
        (function.derivative(x), member.slope, 1e-12),
    ):
        wanted = definition(np, *inputs, *member.defaults)
        wanted = np.concatenate(wanted, axis=-1) if isinstance(wanted, tuple) else wanted
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=1e-15)
    value, slope = function.value_and_derivative(x)
    np.testing.assert_array_equal(value, function(x))
    np.testing.assert_array_equal(slope, function.derivative(x))


@each_elementwise
def test_edges_are_as_stated(member: Activation) -> None:
    function = public(member.name)
    for edge in member.facts(*member.defaults).edges:
        for got, wanted in ((function(edge.at), edge.value), (function.derivative(edge.at), edge.slope)):
            assert got == pytest.approx(wanted, rel=4e-16)
            assert np.signbit(got) == np.signbit(float(wanted)), f"sign of zero at {edge.at}"


def test_numpy_options() -> None:
    x = np.array([-1.0, 2.0])
    out = np.zeros(2)
    assert rectifier.relu(x, out=out) is out
    assert out.tolist() == [0, 2]
    out = np.full(2, 7.0)
    rectifier.relu(x, out=out, where=[True, False])
    assert out.tolist() == [0, 7]
    assert rectifier.relu(x, dtype=np.float32).dtype == np.float32
    value, slope = np.empty(2), np.empty(2)
    assert rectifier.relu.value_and_derivative(x, out=(value, slope))[1] is slope
    assert slope.tolist() == [0, 1]
    scalar_out = np.empty(())
    assert rectifier.relu(3.0, out=scalar_out) is scalar_out


def test_subclasses_and_masked_arrays_pass_through() -> None:
    matrix = np.array([[-1.0, 2.0]]).view(np.recarray)
    assert type(rectifier.relu(matrix)) is np.recarray
    masked = np.ma.masked_array([-1.0, 2.0], mask=[True, False])
    result = rectifier.relu(masked)
    assert isinstance(result, np.ma.MaskedArray)
    assert result.mask.tolist() == [True, False]


@pytest.mark.parametrize("member", [m for m in MEMBERS if m.kind in ("elementwise", "rowwise")], ids=lambda m: m.name)
def test_pandas_stays_pandas(member: Activation) -> None:
    function = public(member.name)
    series = pd.Series([-1.0, 0.5, 2.0], index=["a", "b", "c"], name="score")
    result = function(series)
    assert isinstance(result, pd.Series)
    assert result.index.tolist() == ["a", "b", "c"]
    assert result.name == "score"
    np.testing.assert_array_equal(result.to_numpy(), function(series.to_numpy()))
    if member.kind == "elementwise":
        frame = pd.DataFrame({"a": [-1.0, 1.0], "b": [2.0, -2.0]})
        np.testing.assert_array_equal(function(frame).to_numpy(), function(frame.to_numpy()))
        assert isinstance(function.value_and_derivative(series)[1], pd.Series)


@each
def test_bfloat16_arrays_are_computed_natively(member: Activation) -> None:
    function = public(member.name)
    x = np.array([-2.0, -0.5, 0.0, 3.0], ml_dtypes.bfloat16)
    wide = [float(np.asarray(p, x.dtype)) for p in member.defaults]
    result = function(x)
    assert result.dtype == x.dtype
    wanted = function(x.astype(np.float64), *wide)
    np.testing.assert_array_equal(result, wanted.astype(x.dtype))
    out = np.empty_like(result)
    assert function(x, out=out) is out
    np.testing.assert_array_equal(out, result)


@each
def test_smaller_floats_of_ml_dtypes_are_computed_in_float32_and_rounded(member: Activation) -> None:
    function = public(member.name)
    x = np.array([-2.0, -0.5, 0.0, 3.0], ml_dtypes.float8_e4m3fn)
    result = function(x)
    assert result.dtype == x.dtype
    np.testing.assert_array_equal(result, function(x.astype(np.float32)).astype(x.dtype))
    with pytest.raises(
        TypeError, match="out works for NumPy arrays of NumPy's own types, not for an array of float8_e4m3fn"
    ):
        function(x, out=x)


def test_parameters_by_position_by_name_and_as_arrays() -> None:
    x = np.array([[-1.0, -2.0], [-3.0, 4.0]])
    assert rectifier.leaky_relu(x, 0.5).tolist() == [[-0.5, -1], [-1.5, 4]]
    assert rectifier.leaky_relu(x, negative_slope=0.5).tolist() == [[-0.5, -1], [-1.5, 4]]
    assert rectifier.prelu(x, weight=[0.5, 0.25]).tolist() == [[-0.5, -0.5], [-1.5, 4]]
    assert rectifier.prelu(-1.0, [0.5, 0.25]).tolist() == [-0.5, -0.25]
    assert rectifier.prelu(-1, np.array([0.5], np.float32)).dtype == np.float32
    assert rectifier.leaky_relu.derivative(-1.0, 0.125) == 0.125


def test_rows() -> None:
    x = np.random.default_rng(8).normal(size=(2, 3, 4))
    for axis in (-1, 0, 1, 2):
        np.testing.assert_allclose(rectifier.softmax(x, axis=axis).sum(axis), 1)
    jacobian = rectifier.softmax.derivative(x, axis=1)
    assert jacobian.shape == (2, 4, 3, 3)
    np.testing.assert_allclose(jacobian.sum(-1), 0, atol=1e-15)
    value, same = rectifier.softmax.value_and_derivative(x, axis=1)
    np.testing.assert_array_equal(same, jacobian)
    np.testing.assert_array_equal(value, rectifier.softmax(x, axis=1))
    assert rectifier.softmax.derivative([1, 2]).shape == (2, 2)


@pytest.mark.parametrize(
    ("x", "given"),
    [
        (1j, "a complex of type complex128"),
        ("1", "a str"),
        (None, "a NoneType of type object"),
        ([object()], "a list of type object"),
        (np.array([1j]), "a numpy.ndarray of type complex128"),
        (np.array(["2020-01-01"], "M8[D]"), r"datetime64\[D\]"),
        (np.zeros(2, "V4"), "V4"),
        (np.zeros(2, [("a", float)]), "a numpy.ndarray of type"),
        (pd.Series(["a"], dtype=object), "Series of type object"),
    ],
)
@each
def test_wrong_data(member: Activation, x: Any, given: str) -> None:
    for function in (public(member.name), public(member.name).derivative):
        with pytest.raises(
            TypeError, match=f"{member.name} takes booleans, integers, float16.*was given .*{given}.*Convert"
        ):
            function(x)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), r"alpha must be in \[0, ∞\), but was given nan"),
        (-1, r"alpha must be in \[0, ∞\), but was given -1"),
        ([1, float("inf")], r"alpha must be in \[0, ∞\), but was given inf"),
    ],
)
def test_parameter_outside_its_domain(value: Any, message: str) -> None:
    for function in (rectifier.elu, rectifier.elu.derivative, rectifier.elu.value_and_derivative):
        with pytest.raises(ValueError, match=message):
            function([1.0], alpha=value)


@pytest.mark.parametrize(
    ("values", "given"),
    [
        ((1, -1), "=1 and .*=-1"),
        ((0, [1, -0.5]), "=0 and .*=-0.5"),
        (([0.25, 3], 2.0), "=3 and .*=2"),
    ],
)
@pytest.mark.parametrize("member", [m for m in MEMBERS if m.ordered], ids=lambda m: m.name)
def test_parameters_out_of_order(member: Activation, values: Any, given: str) -> None:
    low, high = (parameter.name for parameter in member.parameters)
    for function in (public(member.name), public(member.name).derivative, public(member.name).value_and_derivative):
        with pytest.raises(
            ValueError, match=f"{member.name}: {low} must be at most {high}, but was given {low}{given}"
        ):
            function(1.0, *values)
    with pytest.raises(ValueError, match=f"{low} must be at most {high}"):
        public(member.name)(1.0, **{low: member.parameters[1].default + 1})
    np.testing.assert_array_equal(public(member.name)([5.0, 5.0], [1, 2], 2).shape, (2,))


@each
def test_nan_is_no_parameter(member: Activation) -> None:
    for parameter in member.parameters:
        with pytest.raises(ValueError, match=f"{member.name}: {parameter.name} must be in"):
            public(member.name)(1.0, **{parameter.name: float("nan")})


def test_wrong_arguments() -> None:
    with pytest.raises(TypeError, match="elu: unknown argument 'alhpa': did you mean 'alpha'"):
        rectifier.elu(1.0, alhpa=2)
    with pytest.raises(TypeError, match="elu: alpha must be a real number or an array of them, but was given a str"):
        rectifier.elu(1.0, "2")
    with pytest.raises(TypeError, match=r"relu\(x, .*too many positional arguments"):
        rectifier.relu(1.0, 2.0)
    with pytest.raises(TypeError, match="axis"):
        rectifier.relu([1.0], axis=0)


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.zeros(3), ValueError, r"out must have the shape \(2, 4\), but was given one of \(3,\)"),
        (
            np.zeros((2, 4), int),
            TypeError,
            r"out is of type int64, but the results are of type float64, which casting=",
        ),
        ([1.0, 2.0], TypeError, "out must be a NumPy array, but was given a list"),
        ((np.zeros((2, 4)),) * 2, TypeError, "out must be a tuple of 1 arrays, but was given a tuple"),
        (np.broadcast_to(0.0, (2, 4)), ValueError, "out must be writeable, but was given a read-only array"),
    ],
)
@pytest.mark.parametrize("name", ["relu", "leaky_relu", "softmax"])
def test_a_wrong_out(name: str, out: Any, error: type[Exception], message: str) -> None:
    x = np.zeros((2, 4))
    with pytest.raises(error, match=f"{name}: {message}") as caught:
        public(name)(x, out=out)
    assert caught.value.__suppress_context__
    if name != "softmax":
        with pytest.raises(error, match=f"{name}: {message}"):
            public(name).derivative(x, out=out)
        with pytest.raises(TypeError, match=f"{name}: out must be a tuple of 2 arrays"):
            public(name).value_and_derivative(x, out=x)


def test_a_wrong_out_is_told_the_type_of_the_results() -> None:
    with pytest.raises(TypeError, match=r"the results are of type float32.*Give an array of float32"):
        rectifier.elu(np.ones(3, np.float32), out=np.empty(3, int))
    frozen = np.broadcast_to(np.float32(0), 3)
    with pytest.raises(ValueError, match="must be writeable"):
        rectifier.elu(np.ones(3, np.float32), out=frozen, casting="safe")


def test_masked_parameters_of_a_large_table() -> None:
    x, weight = np.full((400, 400), -1.0)[:, :200], np.ma.masked_array(np.full(200, 0.1), mask=[True] + [False] * 199)
    found = rectifier.prelu(x, weight)
    assert isinstance(found, np.ma.MaskedArray)
    assert np.ma.getmaskarray(found)[:, 0].all()


def test_an_unknown_name_is_helped() -> None:
    with pytest.raises(AttributeError, match=r"module 'rectifier' has no attribute 'rellu'.*did you mean 'relu'"):
        _ = rectifier.rellu
    assert not hasattr(rectifier, "__path_that_is_not__")
    assert isinstance(rectifier.relu, Function)


@each
def test_small_integers_give_what_others_do(member: Activation) -> None:
    x = np.array([-1, 1, 7, 2])
    small, wide = (public(member.name)(x.astype(kind)) for kind in (ml_dtypes.int4, np.int8))
    assert np.array_equal(np.asarray(small, wide.dtype), wide)
    assert small.dtype == (ml_dtypes.int4 if wide.dtype == np.int8 else wide.dtype)


def test_what_is_missing_is_said() -> None:
    with pytest.raises(TypeError, match=r"^elu\(x, /, alpha=1\.0, .*\): missing x"):
        rectifier.elu()
    assert rectifier.elu(x=1.0) == 1
