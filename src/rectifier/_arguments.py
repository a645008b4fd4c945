"""What the public functions accept: their signature, and errors that say what was given and what to do."""

import inspect
import sys
from typing import Any

import numpy as np

from rectifier.catalogue import Activation, Parameter
from rectifier.names import unknown

# NumPy's own options for ufuncs, with its defaults; generalised ufuncs have no `where`.
_OPTIONS = {"out": None, "where": True, "casting": "same_kind", "order": "K", "dtype": None, "subok": True}


def signature(member: Activation) -> inspect.Signature:
    """The signature of the member's function.

    >>> from rectifier import catalogue
    >>> print(signature(catalogue.get("elu")))
    (x, /, alpha=1.0, *, out=None, where=True, casting='same_kind', order='K', dtype=None, subok=True)
    """
    kinds = inspect.Parameter
    options = {name: value for name, value in _OPTIONS.items() if not (member.rowwise and name == "where")}
    if member.rowwise:
        options = {"axis": -1, **options}
    return inspect.Signature(
        [
            kinds("x", kinds.POSITIONAL_ONLY),
            *(kinds(p.name, kinds.POSITIONAL_OR_KEYWORD, default=p.default) for p in member.parameters),
            *(kinds(name, kinds.KEYWORD_ONLY, default=value) for name, value in options.items()),
        ]
    )


def bind(
    member: Activation, x: Any, parameters: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The values of the parameters, checked, and the options that were given."""
    form = signature(member)
    for keyword in keywords:
        if keyword not in form.parameters or keyword == "x":
            raise TypeError(f"{member.name}: " + unknown("argument", keyword, [*form.parameters][1:]))
    try:
        given = form.bind(x, *parameters, **keywords).arguments
    except TypeError as error:
        raise TypeError(f"{member.name}{form}: {error}") from None
    for parameter in member.parameters:
        if parameter.name in given:
            _check_parameter(member, parameter, given[parameter.name], x)
    values = tuple(given.pop(p.name, p.default) for p in member.parameters)
    del given["x"]
    return values, given


def _check_parameter(member: Activation, parameter: Parameter, value: Any, x: Any) -> None:
    name = f"{member.name}: {parameter.name}"
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        if not isinstance(x, torch.Tensor):
            raise TypeError(f"{name} is a torch tensor but x is {_kind(x)}. Give both as tensors or both as arrays.")
        return  # reading it would wait for the device
    numbers = np.asarray(value)
    if numbers.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be a real number or an array of them, but was given {_kind(value)}.")
    if torch is not None and isinstance(x, torch.Tensor) and numbers.ndim > 0:
        raise TypeError(f"{name} is {_kind(value)} but x is a torch tensor. Give both as tensors or both as arrays.")
    domain = parameter.domain
    low = numbers >= domain.low if domain.includes_low else numbers > domain.low
    high = numbers <= domain.high if domain.includes_high else numbers < domain.high
    wrong = ~(low & high)  # NaN fails every comparison
    if np.any(wrong):
        first = numbers[wrong].flat[0]
        raise ValueError(f"{name} must be in {domain}, but was given {first:g}. The default is {parameter.default:g}.")


def checked(member: Activation, x: Any) -> Any:
    """x, made an array if it is a sequence, if the member can be computed of it."""
    if not hasattr(x, "dtype") and hasattr(x, "__array_ufunc__"):
        return x  # a table of several types, say: its own ufunc protocol decides
    array = x if hasattr(x, "dtype") else np.asarray(x)
    dtype = array.dtype
    small = isinstance(dtype, np.dtype) and dtype.kind in "biuf" and dtype.itemsize <= 8
    if isinstance(dtype, np.dtype) and not small and not is_minifloat(array):
        raise TypeError(
            f"{member.name} takes booleans, integers, float16, float32 and float64, but was given {_kind(x)} of "
            f"type {dtype}. Convert it first, e.g. with numpy.asarray(x, dtype=float)."
        )
    # A Python number stays one, so that it takes on the type of array parameters, unless NumPy's long cannot hold it.
    return x if type(x) in (bool, int, float) and dtype != np.uint64 else array


def is_minifloat(x: Any) -> bool:
    """Whether x is an array of a small float that NumPy has from an extension, such as ml_dtypes' bfloat16."""
    dtype = getattr(x, "dtype", None)
    return (
        isinstance(dtype, np.dtype)
        and dtype.kind == "V"
        and issubclass(dtype.type, np.generic)
        and not issubclass(dtype.type, np.void)
        and np.can_cast(dtype, np.float32)
    )


def _kind(x: Any) -> str:
    name = f"{type(x).__module__}.{type(x).__name__}".removeprefix("builtins.")
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
