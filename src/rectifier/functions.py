"""The public door to computing: `rectifier.relu` and every other member, for numbers, arrays and tensors."""

import functools
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from rectifier import _halves, catalogue, ufuncs
from rectifier._arguments import along, bind, checked, is_minifloat, parameters_are_learned, signature, wrong_out
from rectifier._docs import documentation
from rectifier._layouts import by_tiles
from rectifier._native import Door
from rectifier.catalogue import Activation

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_NOTHING: Any = object()


class _Way(Door):
    """One thing to be computed of a member."""

    what = ""

    definition: Activation
    """All that is known about it: `rectifier.relu.definition.disadvantages`."""

    def __init__(self, definition: Activation) -> None:
        self.definition = definition
        self.__module__, self.__name__, self.__qualname__ = "rectifier", self.what, f"{definition.name}.{self.what}"
        self.__signature__ = signature(definition)
        if definition.kind != "rowwise" or self.what == "value":
            ufunc = getattr(ufuncs, self.what)(definition.name)
            whole = _halves.JOINED.get(definition.kind, {}).get(self.what, (False,) * ufunc.nout)
            self._open(_short_ways(definition, self.what, ufunc), definition.kind == "gated", whole)

    def __call__(self, x: Any = _NOTHING, *parameters: Any, **keywords: Any) -> Any:
        """What torch.compile reads and traces. A real call goes to the native `Door`, and from there to `_general`."""
        return self._general(x, *parameters, **keywords)

    def _general(self, x: Any = _NOTHING, *parameters: Any, **keywords: Any) -> Any:
        """The call of all that `Door` does not compute itself."""
        if x is _NOTHING:
            raise TypeError(
                f"{self.definition.name}{signature(self.definition)}: missing x, the array or number to use"
            )
        if "out" in keywords and keywords["out"] is None:
            del keywords["out"]
        return self._compute(x, parameters, keywords)

    def _compute(self, x: Any, parameters: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        member, what = self.definition, self.what
        torch = sys.modules.get("torch")  # never imported: a tensor can only come from a program that has it
        if torch is not None and not isinstance(x, torch.Tensor) and hasattr(type(x), "__torch_function__"):
            # What stands for a tensor, as in a trace of torch.fx, says itself what becomes of the call.
            return torch.overrides.handle_torch_function(self, (x,), x, *parameters, **keywords)
        values, options = bind(member, x, parameters, keywords)
        if parameters_are_learned(member):
            values = along(member, x, values, options.pop("axis", 1))
        if torch is not None and isinstance(x, torch.Tensor):
            return _of_tensor(member, what, x, values, options)
        x = checked(member, x)
        if member.kind == "rowwise" and what != "value":
            return _of_rows(member, what, x, options)
        if is_minifloat(x):
            if x.dtype.name != "bfloat16":
                return _of_minifloats(member, what, x, values, options)
            ufuncs.learn_bfloat16(x.dtype)
            values = tuple(np.asarray(value, x.dtype) for value in values)
        return _of_arrays(member, what, x, values, options)

    def __repr__(self) -> str:
        return f"<rectifier.{self.definition.name}.{self.what}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (public(self.definition.name), self.what)


class Derivative(_Way):
    """The derivative with respect to x, at kinks as the definition states it; arguments as for the function.

    Of a function of rows, such as softmax, it is the Jacobian: shape (..., n, n), where the row's axis is moved
    to the end and has length n; element (i, j) is the derivative of output i with respect to input j.
    Of a gated one, such as glu, it has the shape of x: the derivatives of each output by its first input in the
    first half, by its second in the second. Of a concatenated one, such as crelu, it has the shape of the output.

    >>> from rectifier import leaky_relu, reglu, softmax
    >>> leaky_relu.derivative([-1.0, 1.0], negative_slope=0.2)
    array([0.2, 1. ])
    >>> softmax.derivative([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    >>> reglu.derivative([3.0, 2.0])
    array([2., 3.])
    """

    what = "derivative"


class ValueAndDerivative(_Way):
    """The pair of both, in one pass over x. `out`, if given, is a pair of arrays.

    >>> from rectifier import relu
    >>> relu.value_and_derivative([-1.0, 3.0])
    (array([0., 3.]), array([0., 1.]))
    """

    what = "value_and_derivative"


class Function(_Way):
    """An activation that can be called. Its own documentation is made from the catalogue's definition.

    >>> from rectifier import relu
    >>> relu([-2, -1, 0, 1, 2])
    array([0, 0, 0, 1, 2])
    >>> relu(3.5), relu(-3)
    (3.5, 0)
    >>> relu.derivative([-2.0, 0.0, 2.0])
    array([0., 0., 1.])
    """

    what = "value"

    derivative: Derivative
    value_and_derivative: ValueAndDerivative

    def __init__(self, definition: Activation) -> None:
        super().__init__(definition)
        self.__name__ = self.__qualname__ = definition.name
        self.__doc__ = documentation(definition)
        self.derivative, self.value_and_derivative = Derivative(definition), ValueAndDerivative(definition)

    def plot(self, ax: "Axes | None" = None, *, low: float = -4, high: float = 4) -> "Axes":
        """Draw function and derivative from `low` to `high` into the axes, or into a new figure. Needs matplotlib."""
        from rectifier.plotting import plot

        return plot(self.definition, ax, low=low, high=high)

    def __repr__(self) -> str:
        return f"<rectifier.{self.__name__}: {self.definition.text}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return public, (self.__name__,)


def _short_ways(member: Activation, what: str, ufunc: np.ufunc) -> dict[str, tuple[np.ufunc, tuple[np.ndarray, ...]]]:
    """By the type of an array: the ufunc and the default parameters as numbers of that type, ready made."""
    letters = "efd" + ("bhilqBHILQ" if what == "value" and member.integers and not member.parameters else "")
    return {letter: (ufunc, tuple(np.array(default, letter) for default in member.defaults)) for letter in letters}


@functools.cache
def public(name: str) -> Function:
    """The function of this name; what `rectifier.NAME` gives. An AttributeError says which names there are."""
    try:
        return Function(catalogue.get(name))
    except catalogue.UnknownActivationError as error:
        raise AttributeError(f"module 'rectifier' has no attribute {name!r}: {error}", name=name) from None


def _of_tensor(member: Activation, what: str, x: Any, values: tuple[Any, ...], options: dict[str, Any]) -> Any:
    from rectifier.nn import definitions, functional

    axis = options.pop("axis", -1)
    _refuse(member, options, "a torch tensor")
    if what == "value_and_derivative":
        return (
            functional.of_member(member, x, *values, axis=axis),
            definitions.derivative(member, x, *values, axis=axis),
        )
    if what == "value":
        return functional.of_member(member, x, *values, axis=axis)
    return definitions.derivative(member, x, *values, axis=axis)


def _of_arrays(member: Activation, what: str, x: Any, values: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if member.kind in ("gated", "concatenated"):
        return _halves.compute(member, what, x, values, options)
    if what == "value_and_derivative" and hasattr(x, "map_blocks"):  # Dask knows ufuncs of one output only
        return tuple(getattr(ufuncs, part)(member.name)(x, *values, **options) for part in ("value", "derivative"))
    ufunc = getattr(ufuncs, what)(member.name)
    result = by_tiles(ufunc, x, values, options) if member.kind == "elementwise" else None
    if result is None:
        try:
            result = ufunc(x, *values, **options)
        except (TypeError, ValueError) as error:
            raise (wrong_out(member, ufunc, (x, *values), options) or error) from None
    return _plain(result) if type(x) in (bool, int, float) and options.get("out") is None else result


def _of_rows(member: Activation, what: str, x: Any, options: dict[str, Any]) -> Any:
    """The Jacobian by the definition: it is too large for a pass over elements."""
    axis = options.pop("axis", -1)
    _refuse(member, options, "its Jacobian")
    rows = np.moveaxis(np.asarray(x), axis, -1)
    rows = rows if rows.dtype.kind == "f" else rows.astype(np.float64)
    with np.errstate(all="ignore"):  # as ufuncs here do: a row of infinities gives NaN, which says enough
        jacobian = member.slope(np, rows)
    return jacobian if what == "derivative" else (ufuncs.value(member.name)(x, axis=axis), jacobian)


def _of_minifloats(member: Activation, what: str, x: Any, values: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Small types that NumPy knows from extensions and has no loops for: computed in float32, rounded back. Integers of
    them as integers of eight bits are: what maps no integers to integers gives numbers of floating point."""
    axis = {"axis": options.pop("axis")} if "axis" in options else {}
    _refuse(member, options, f"an array of {x.dtype}")
    if x.dtype.name.startswith(("int", "uint")):
        wider = np.uint8 if x.dtype.name.startswith("uint") else np.int8
        parts = _of_arrays(member, what, x.astype(wider), values, axis)
        narrow = [
            p.astype(x.dtype) if p.dtype == wider else p for p in (parts if isinstance(parts, tuple) else (parts,))
        ]
        return tuple(narrow) if isinstance(parts, tuple) else narrow[0]
    result = _of_arrays(member, what, x.astype(np.float32), values, axis)
    return tuple(part.astype(x.dtype) for part in result) if isinstance(result, tuple) else result.astype(x.dtype)


def _refuse(member: Activation, options: dict[str, Any], what: str) -> None:
    if options:
        raise TypeError(
            f"{member.name}: {', '.join(options)} works for NumPy arrays of NumPy's own types, not for {what}. "
            "Leave it out and convert or copy the result."
        )


def _plain(result: Any) -> Any:
    """A Python number for a NumPy one, also in pairs; arrays (of array parameters) stay."""
    if isinstance(result, tuple):
        return tuple(_plain(part) for part in result)
    return result.item() if isinstance(result, np.generic) else result
