"""Large tables whose rows do not lie one behind the other, such as transposed ones, parts of others, broadcast rows.

NumPy calls a ufunc's loop for each row by itself, on one thread and if need be against the grain of memory. The native
`walk` shares such rows among threads and turns tiles of what lies across.
"""

from typing import Any

import numpy as np

from rectifier import ufuncs

LARGE = 1 << 15
"""Elements; for fewer, a second thread has no part in it."""


def by_tiles(ufunc: np.ufunc, x: Any, parameters: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The ufunc's result, or None where NumPy does as well or where it alone knows what to do."""
    if type(x) is not np.ndarray or not _is_large(x) or options.keys() - {"out"}:
        return None
    given = options.get("out")
    outs: tuple[Any, ...] = given if isinstance(given, tuple) else (given,) * (given is not None)
    if not all(type(out) is np.ndarray for out in outs) or (outs and len(outs) != ufunc.nout):
        return None
    if all(array.flags.c_contiguous for array in (x, *outs)) or all(array.flags.f_contiguous for array in (x, *outs)):
        return None
    inputs: list[Any] = [x]
    for parameter in parameters:
        inputs += [like] if (like := _like(parameter, x)) is not None else []
    outs = outs or tuple(np.empty_like(x) for _ in range(ufunc.nout))
    if len(inputs) != ufunc.nin or not walked(ufunc, tuple(inputs), outs):
        return None
    return outs[0] if ufunc.nout == 1 else outs


def walked(ufunc: np.ufunc, inputs: tuple[Any, ...], outs: tuple[np.ndarray, ...]) -> bool:
    """Whether the ufunc was computed by tiles, which takes large tables of one shape and type."""
    x = inputs[0]
    if not _is_large(x) or not all(_fits(array, x) for array in (*inputs, *outs)):
        return False
    if any(not out.flags.writeable or np.may_share_memory(out, array) for out in outs for array in inputs):
        return False
    ufuncs.walk(ufunc, (*inputs, *outs))
    return True


def _is_large(x: np.ndarray) -> bool:
    return x.size >= LARGE and x.ndim >= 2 and x.dtype.char in "efd"


def _fits(array: np.ndarray, x: np.ndarray) -> bool:
    return array.shape == x.shape and array.dtype == x.dtype and array.dtype.isnative and array.flags.aligned


def _like(parameter: Any, x: np.ndarray) -> np.ndarray | None:
    """The parameter in x's shape, if it has x's type and is not the larger of the two."""
    if type(parameter) in (int, float):
        return np.broadcast_to(np.array(parameter, x.dtype), x.shape)
    if not isinstance(parameter, np.generic) and type(parameter) not in (np.ndarray, list, tuple):
        return None  # masked arrays and the like know themselves what becomes of them
    array = np.asarray(parameter)
    if array.dtype != x.dtype or array.ndim > x.ndim:
        return None
    if any(mine not in (1, its) for mine, its in zip(array.shape[::-1], x.shape[::-1], strict=False)):
        return None
    return np.broadcast_to(array, x.shape)
