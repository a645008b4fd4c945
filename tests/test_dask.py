"""Dask arrays stay lazy: a function of them is computed block by block when its result is asked for."""

from typing import Any

import dask.array as da
import numpy as np
import pytest

from rectifier import catalogue
from rectifier.catalogue import Activation
from rectifier.functions import public

X = np.random.default_rng(0).normal(size=(60, 40)).astype(np.float32)
CHUNKS = {"elementwise": (25, 16), "rowwise": (25, 40), "gated": (25, 16), "concatenated": (25, 16)}


@pytest.mark.parametrize("member", catalogue.members(), ids=lambda m: m.name)
def test_blocks_are_computed_when_they_are_asked_for(member: Activation) -> None:
    asked: list[tuple[int, ...]] = []

    def seen(block: Any) -> Any:
        asked.append(block.shape)
        return block

    x = da.from_array(X, chunks=CHUNKS[member.kind]).map_blocks(seen, dtype=X.dtype, meta=X[:0, :0])
    function = public(member.name)
    ways: list[Any] = [function] if member.kind == "rowwise" else [function, function.derivative]
    for way in ways:
        result = way(x)
        assert isinstance(result, da.Array)
        assert asked == []
        assert result.dtype == X.dtype
        np.testing.assert_array_equal(result.compute(scheduler="sync"), way(X))
        assert len(asked) == len(list(np.ndindex(x.numblocks)))
        asked.clear()
    if member.kind != "rowwise":
        for lazy, wanted in zip(function.value_and_derivative(x), function.value_and_derivative(X), strict=True):
            np.testing.assert_array_equal(lazy.compute(scheduler="sync"), wanted)


def test_an_array_larger_than_its_chunks_in_threads() -> None:
    x = da.random.default_rng(1).normal(size=(2_000, 1_000), chunks=(300, 300))
    result = public("gelu")(x).sum()
    np.testing.assert_allclose(result.compute(), public("gelu")(x.compute()).sum())


def test_parameters_axes_and_errors() -> None:
    x = da.from_array(X, chunks=(25, 16))
    np.testing.assert_array_equal(public("leaky_relu")(x, 0.5).compute(), public("leaky_relu")(X, 0.5))
    result = public("swiglu")(x, axis=0)
    assert result.shape == (30, 40)
    np.testing.assert_array_equal(result.compute(), public("swiglu")(X, axis=0))
    with pytest.raises(ValueError, match="its length there must be even, but it is 59"):
        public("swiglu")(x[:59], axis=0)
    with pytest.raises(TypeError, match="out works for NumPy arrays, not for a Array"):
        public("crelu")(x, out=X)
    with pytest.raises(ValueError, match="rechunk"):
        public("softmax")(x)
