"""Gated and concatenated members of NumPy arrays: x or the result consists of two halves along an axis.

The ufuncs take and fill the halves; what is joined is allocated whole, so nothing is copied to join it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rectifier import axes, catalogue, ufuncs
from rectifier._arguments import checked, result_type
from rectifier._layouts import walked
from rectifier.catalogue import Activation

#: Which results are whole, that is, joined of two halves.
JOINED = {
    "gated": {"value": (False,), "derivative": (True,), "value_and_derivative": (False, True)},
    "concatenated": {"value": (True,), "derivative": (True,), "value_and_derivative": (True, True)},
}


def compute(member: Activation, what: str, x: Any, values: Sequence[Any], options: dict[str, Any]) -> Any:
    """`what` is `value`, `derivative` or `value_and_derivative`; options are `axis`, `out`, `dtype` and `casting`."""
    if hasattr(x, "map_blocks") and hasattr(x, "rechunk"):
        return _by_blocks(member, what, x, values, options)
    array = _array(member, x)
    axis = np.lib.array_utils.normalize_axis_index(options.pop("axis", -1), array.ndim, member.name)
    ufunc = getattr(ufuncs, what)(member.name)
    if member.kind == "gated":
        axes.half(member.name, array.shape, axis)
        inputs: tuple[Any, ...] = (*_halves(array, axis), *values)
    else:
        inputs = (array, *values)
    joined = JOINED[member.kind][what]
    outs = _outputs(member, ufunc, inputs, joined, axis, options)
    parts = [part for out, whole in zip(outs, joined, strict=True) for part in (_halves(out, axis) if whole else [out])]
    if options or not walked(ufunc, inputs, tuple(parts)):
        ufunc(*inputs, out=tuple(parts), **options)
    return outs if len(outs) > 1 else outs[0]


def _array(member: Activation, x: Any) -> np.ndarray:
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(
            f"{member.name} cannot pass a mask on, as an output here does not belong to one input. "
            "Fill the masked array first, e.g. with x.filled(0)."
        )
    array: np.ndarray = checked(member, np.asarray(x))  # once more, as a table turns out to be of numbers or not
    axes.need_axis(member.name, array.shape)
    return array


def _by_blocks(member: Activation, what: str, x: Any, values: Sequence[Any], options: dict[str, Any]) -> Any:
    """A Dask array of the blocks' results, none of which is computed yet. Blocks are made whole along the axis."""
    if what == "value_and_derivative":
        return tuple(_by_blocks(member, part, x, values, dict(options)) for part in ("value", "derivative"))
    axes.need_axis(member.name, x.shape)
    axis = np.lib.array_utils.normalize_axis_index(options.pop("axis", -1), x.ndim, member.name)
    if options:
        raise TypeError(f"{member.name}: {', '.join(options)} works for NumPy arrays, not for a {type(x).__name__}.")
    if member.kind == "gated":
        axes.half(member.name, x.shape, axis)
    x = x.rechunk({axis: -1})
    one = np.ones((2,) * x.ndim, x.dtype)
    result = compute(member, what, one, values, {"axis": axis})
    length = x.shape[axis] * result.shape[axis] // 2
    chunks = (*x.chunks[:axis], (length,), *x.chunks[axis + 1 :])
    return x.map_blocks(_block, member.name, what, values, axis, dtype=result.dtype, chunks=chunks)


def _block(block: Any, name: str, what: str, values: Sequence[Any], axis: int) -> Any:
    return compute(catalogue.get(name), what, block, values, {"axis": axis})


def _halves(array: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    before, half = (slice(None),) * axis, array.shape[axis] // 2
    return array[(*before, slice(half))], array[(*before, slice(half, None))]


def _outputs(
    member: Activation,
    ufunc: np.ufunc,
    inputs: tuple[Any, ...],
    joined: tuple[bool, ...],
    axis: int,
    options: dict[str, Any],
) -> tuple[np.ndarray, ...]:
    """The arrays given as `out`, checked, and new ones for those that are not given."""
    out = options.pop("out", None)
    given = out if isinstance(out, tuple) else (None,) * len(joined) if out is None else (out,)
    if len(given) != len(joined):
        raise ValueError(f"{member.name}: out must be a tuple of {len(joined)} arrays, but was given {len(given)}.")
    dtype = result_type(ufunc, inputs, options)
    shape = inputs[0].shape
    found = []
    for array, whole in zip(given, joined, strict=True):
        wanted = (*shape[:axis], shape[axis] * (2 if whole else 1), *shape[axis + 1 :])
        if array is not None and not isinstance(array, np.ndarray):
            raise TypeError(f"{member.name}: out must be a NumPy array, but was given {type(array).__name__}.")
        if array is not None and array.shape != wanted:
            raise ValueError(f"{member.name}: out must have the shape {wanted}, but was given one of {array.shape}.")
        found.append(np.empty(wanted, dtype) if array is None else array)
    return tuple(found)
