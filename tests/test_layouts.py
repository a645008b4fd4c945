"""Large tables in every layout give what contiguous ones give, on several threads and in tiles."""

import itertools
from typing import Any

import numpy as np
import pytest
import threadpoolctl

import rectifier
from rectifier import _halves, _layouts, _native, ufuncs

SHAPES = [(300, 700), (7, 90, 110), (33_000, 3), (3, 33_000), (5, 1, 257, 259), (40_000, 1)]
SLICES = [slice(None, None, 2), slice(None, None, -2), slice(None)]


def layouts(shape: tuple[int, ...], dtype: Any) -> Any:
    """Arrays of this shape or with its axes turned: parts of larger ones, mirrored, transposed, repeated."""
    base = np.random.default_rng(0).normal(size=tuple(2 * n for n in shape)).astype(dtype)
    for axes in itertools.permutations(range(len(shape))):
        for part in SLICES:
            yield base.transpose(axes)[(part,) * len(shape)][tuple(slice(n) for n in np.take(shape, axes))]
    yield np.broadcast_to(base[:1], (2 * shape[0], *base.shape[1:]))
    yield np.broadcast_to(base[..., :1], base.shape)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
def test_the_layout_does_not_matter(name: str, shape: tuple[int, ...], dtype: Any) -> None:
    function = getattr(rectifier, name)
    parameters = [dtype(default) for default in function.definition.defaults]
    for x in layouts(shape, dtype):
        wanted = ufuncs.value(name)(np.ascontiguousarray(x), *parameters)
        assert np.array_equal(function(x), wanted)
        turned = np.empty(x.shape[::-1], dtype).T
        every_second = np.zeros(tuple(2 * n for n in x.shape), dtype)[(slice(None, None, 2),) * x.ndim]
        for out in (np.empty(x.shape, dtype), turned, every_second):
            assert function(x, out=out) is out
            assert np.array_equal(out, wanted)


def test_parameters_of_columns_and_both_outputs() -> None:
    x = np.random.default_rng(1).normal(size=(300, 400)).astype(np.float32).T
    weight = np.linspace(0, 1, 300, dtype=np.float32)
    value, slope = rectifier.prelu.value_and_derivative(x, weight)
    np.testing.assert_array_equal(value, np.where(x > 0, x, weight * x))
    np.testing.assert_array_equal(slope, np.where(x > 0, np.float32(1), np.broadcast_to(weight, x.shape)))
    np.testing.assert_array_equal(rectifier.leaky_relu(x, 0.25), np.where(x > 0, x, np.float32(0.25) * x))
    # A parameter of a wider type or a larger shape is NumPy's business.
    assert rectifier.prelu(x, weight.astype(np.float64)).dtype == np.float64
    assert rectifier.prelu(x, np.ones((2, 400, 300), np.float32)).shape == (2, 400, 300)


def test_what_overlaps_is_computed_as_if_it_did_not() -> None:
    x = np.random.default_rng(2).normal(size=(400, 400))
    wanted = np.maximum(x.T, 0)
    assert np.array_equal(rectifier.relu(x.T, out=x), wanted)


@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
def test_what_overlaps_in_part_or_wholly(name: str) -> None:
    """Two threads at once would read what the other one has written."""
    function = getattr(rectifier, name)
    for size in (20, 40_000):
        numbers = np.random.default_rng(4).normal(size=size)
        wanted = function(numbers)
        for take, put in [
            (slice(None, -1), slice(1, None)),
            (slice(1, None), slice(None, -1)),
            (slice(None), slice(None, None, -1)),
            (slice(None), slice(None)),
        ]:
            base = numbers.copy()
            with threadpoolctl.threadpool_limits(2):
                assert function(base[take], out=base[put]).base is base
            assert np.array_equal(base[put], wanted[take])
        base = numbers.copy()
        assert function(base, out=base) is base
        assert np.array_equal(base, wanted)


@pytest.mark.parametrize("shape", [(12,), (6, 8), (2, 3, 4), (300, 700), (1, 40_000)], ids=str)
@pytest.mark.parametrize("name", ["leaky_relu", "reglu", "crelu"])
def test_every_way_of_every_kind_in_every_layout(name: str, shape: tuple[int, ...]) -> None:
    function = getattr(rectifier, name)
    member = function.definition
    for x in layouts(shape, np.float32):
        if member.kind == "gated" and x.shape[-1] % 2:
            continue
        for way in (function, function.derivative, function.value_and_derivative):
            found, wanted = way(x), way(np.ascontiguousarray(x))
            for one, other in zip(_tuple(found), _tuple(wanted), strict=True):
                assert np.array_equal(one, other)
                assert one.flags.writeable
            if member.kind != "elementwise":
                by_parts = _halves.compute(member, way.what, x, (), {})
                assert all(map(np.array_equal, _tuple(found), _tuple(by_parts)))
            outs = tuple(
                np.full((*part.shape[:-1], 2 * part.shape[-1]), 7, x.dtype)[..., ::2] for part in _tuple(found)
            )
            given = _tuple(way(x, out=outs if len(outs) > 1 else outs[0]))
            assert [id(out) for out in given] == [id(out) for out in outs]
            assert all(map(np.array_equal, outs, _tuple(wanted)))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.int64])
@pytest.mark.parametrize("name", ["relu", "relu6", "crelu"])
def test_whole_numbers_in_every_layout(name: str, dtype: Any) -> None:
    function = getattr(rectifier, name)
    for shape in ((6, 8), (40, 50), (200, 300)):
        for x in layouts(shape, np.float64):
            whole = (x * 20).astype(dtype, order="K")
            wanted = function(np.ascontiguousarray(whole))
            assert np.array_equal(function(whole), wanted)
            assert np.array_equal(function(whole, out=np.empty(wanted.shape, dtype)), wanted)


def test_an_array_whose_elements_overlap() -> None:
    for size in (20, 40_000):
        numbers = np.random.default_rng(5).normal(size=size)
        mine, its = numbers.copy(), numbers.copy()
        windows = [np.lib.stride_tricks.sliding_window_view(base, 2, writeable=True) for base in (mine, its)]
        rectifier.leaky_relu(windows[0], out=windows[0])
        ufuncs.value("leaky_relu")(windows[1], 0.01, out=windows[1])
        assert np.array_equal(mine, its)


def _tuple(found: Any) -> tuple[Any, ...]:
    return found if isinstance(found, tuple) else (found,)


def test_zero_elements_and_unaligned_ones() -> None:
    assert rectifier.relu(np.zeros((0, 5)).T).shape == (5, 0)
    packed = np.zeros(40_000, np.dtype([("flag", "i1"), ("x", "f8", (2,))]))
    packed["x"] = np.random.default_rng(3).normal(size=(40_000, 2))
    assert np.array_equal(rectifier.relu(packed["x"]), np.maximum(packed["x"], 0))
    swapped = np.asfortranarray(packed["x"]).astype(">f8")[::2]
    assert np.array_equal(rectifier.relu(swapped), np.maximum(swapped, 0))


def test_walk_refuses_what_it_cannot_do() -> None:
    x = np.zeros((200, 300), np.float32)
    relu = ufuncs.value("relu")
    with pytest.raises(ValueError, match="one native type and one shape"):
        _native.walk(relu, (x, np.zeros((200, 300))))
    with pytest.raises(ValueError, match="one native type and one shape"):
        _native.walk(relu, (x, np.zeros((300, 200), np.float32)))
    with pytest.raises(ValueError, match="outputs writeable"):
        _native.walk(relu, (x, np.broadcast_to(np.float32(0), x.shape)))
    with pytest.raises(TypeError, match="relu has no loop for these 3 arrays"):
        _native.walk(relu, (x, x, x))
    assert _layouts.by_tiles(relu, x.T, (), {"where": x.T > 0}) is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("first", [0, 1, 3])
def test_results_larger_than_any_cache_are_written_whole(first: int, dtype: Any) -> None:
    """They go past the caches, in pieces that are aligned; nothing beside them is touched."""
    count = (32 << 20) // np.dtype(dtype).itemsize + 7
    x = np.resize(np.random.default_rng(4).normal(size=30_011).astype(dtype), count)
    room = np.full((2, count + 8), dtype(-7))
    value, slope = rectifier.elu.value_and_derivative(x, out=tuple(room[:, first : first + count]))
    few = [np.resize(each, count) for each in rectifier.elu.value_and_derivative(x[:30_011])]
    assert np.array_equal(value, few[0])
    assert np.array_equal(slope, few[1])
    assert np.all(room[:, :first] == -7)
    assert np.all(room[:, first + count :] == -7)
    rectifier.elu(x, out=x)
    assert np.array_equal(x, few[0])
