"""What the public functions accept: their signature, and errors that say what was given and what to do."""

import inspect
import itertools
import sys
from typing import Any

import numpy as np

from rectifier.catalogue import Activation, Parameter
from rectifier.names import unknown

# NumPy's own options for ufuncs, with its defaults. Generalised ufuncs have no `where`, and results that are put
# together from halves are plain arrays.
_OPTIONS: dict[str, Any] = {
    "out": None,
    "where": True,
    "casting": "same_kind",
    "order": "K",
    "dtype": None,
    "subok": True,
}
#: Of a member whose parameter is learned, one for each channel: the axis of x along which they lie, as torch has it.
_OPTIONS_OF_LEARNED: dict[str, Any] = _OPTIONS | {"axis": 1}
_OPTIONS_OF_ROWS: dict[str, Any] = {"axis": -1} | {name: value for name, value in _OPTIONS.items() if name != "where"}
_OPTIONS_OF_HALVES: dict[str, Any] = {"axis": -1, "out": None, "casting": "same_kind", "dtype": None}


def signature(member: Activation) -> inspect.Signature:
    """The signature of the member's function.

    >>> from rectifier import catalogue
    >>> print(signature(catalogue.get("elu")))
    (x, /, alpha=1.0, *, out=None, where=True, casting='same_kind', order='K', dtype=None, subok=True)
    """
    kinds = inspect.Parameter
    return inspect.Signature(
        [
            kinds("x", kinds.POSITIONAL_ONLY),
            *(kinds(p.name, kinds.POSITIONAL_OR_KEYWORD, default=p.default) for p in member.parameters),
            *(kinds(name, kinds.KEYWORD_ONLY, default=value) for name, value in _options(member).items()),
        ]
    )


def _options(member: Activation) -> dict[str, Any]:
    """The options it takes, with their defaults."""
    if member.kind == "elementwise":
        return _OPTIONS_OF_LEARNED if parameters_are_learned(member) else _OPTIONS
    return _OPTIONS_OF_ROWS if member.kind == "rowwise" else _OPTIONS_OF_HALVES


def bind(
    member: Activation, x: Any, parameters: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The values of the parameters, checked, and the options that were given. Plain enough for torch.compile."""
    options = dict(keywords)
    rest = member.parameters[len(parameters) :]
    values = (*parameters, *(options.pop(parameter.name, parameter.default) for parameter in rest))
    if len(values) > len(member.parameters) or any(name not in _options(member) for name in options):
        raise TypeError(_misfit(member, x, parameters, keywords))
    for parameter, value in zip(member.parameters, values, strict=True):
        if value is not parameter.default:
            _check_parameter(member, parameter, value, x)
    if member.ordered:
        _check_order(member, values)
    return values, options


def along(member: Activation, x: Any, values: tuple[Any, ...], axis: int) -> tuple[Any, ...]:
    """Parameters in one dimension, shaped so that they lie along an axis of x.

    >>> from rectifier import catalogue
    >>> along(catalogue.get("prelu"), np.zeros((2, 3, 4)), (np.ones(3),), 1)[0].shape
    (3, 1)
    """
    shape = _shape(x)
    shaped = []
    for parameter, value in zip(member.parameters, values, strict=True):
        size = _shape(value)[0] if len(_shape(value)) == 1 else 1
        if size > 1 and len(shape) > 1:
            there = shape[axis] if -len(shape) <= axis < len(shape) else None
            if there != size:
                raise ValueError(
                    f"{member.name}: {parameter.name} has {size} values, but x of shape {shape} has {there} along axis "
                    f"{axis}. Give one value, one for each there, or another axis."
                )
            value = value if hasattr(value, "reshape") else np.asarray(value)
            value = value.reshape((size,) + (1,) * (len(shape) - 1 - axis % len(shape)))
        shaped.append(value)
    return tuple(shaped)


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(x.shape if hasattr(x, "shape") else np.shape(x))


def parameters_are_learned(member: Activation) -> bool:
    """Whether they are numbers for each channel, as prelu's are."""
    return any(parameter.learned for parameter in member.parameters)


def _misfit(member: Activation, x: Any, parameters: tuple[Any, ...], keywords: dict[str, Any]) -> str:
    """Why these arguments do not fit the signature."""
    form = signature(member)
    for keyword in keywords:
        if keyword not in form.parameters or keyword == "x":
            return f"{member.name}: " + unknown("argument", keyword, [*form.parameters][1:])
    try:
        form.bind(x, *parameters, **keywords)
    except TypeError as error:
        return f"{member.name}{form}: {error}"
    raise AssertionError(f"{member.name}{form} takes {parameters} and {keywords} after all")


def _check_parameter(member: Activation, parameter: Parameter, value: Any, x: Any) -> None:
    name = f"{member.name}: {parameter.name}"
    if type(value) in (int, float):  # without NumPy, which a compiler of torch could not see through
        if value not in parameter.domain:
            raise ValueError(_outside(name, parameter, value))
        return
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
        raise ValueError(_outside(name, parameter, numbers[wrong].flat[0]))


def _outside(name: str, parameter: Parameter, value: float) -> str:
    return f"{name} must be in {parameter.domain}, but was given {value:g}. The default is {parameter.default:g}."


def _check_order(member: Activation, values: tuple[Any, ...]) -> None:
    torch = sys.modules.get("torch")
    for (low, lower), (high, upper) in itertools.pairwise(zip(member.parameters, values, strict=True)):
        if lower is low.default and upper is high.default:
            continue
        if torch is not None and (isinstance(lower, torch.Tensor) or isinstance(upper, torch.Tensor)):
            continue  # reading them would wait for the device
        wrong = np.asarray(lower) > np.asarray(upper)
        if np.any(wrong):
            lowers, uppers = np.broadcast_arrays(lower, upper)
            raise ValueError(
                f"{member.name}: {low.name} must be at most {high.name}, but was given "
                f"{low.name}={lowers[wrong].flat[0]:g} and {high.name}={uppers[wrong].flat[0]:g}."
            )


def checked(member: Activation, x: Any) -> Any:
    """x, made an array if it is a sequence, if the member can be computed of it."""
    if type(x) is np.ndarray and x.dtype.char in "efdbhilqBHILQ?":
        return x  # by far the most frequent case, and a small array is computed in less time than the rest takes
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


def wrong_out(
    member: Activation, ufunc: np.ufunc, inputs: tuple[Any, ...], options: dict[str, Any]
) -> Exception | None:
    """Why a ufunc could not put its results where it was to, if that is the reason that it failed."""
    out, name = options.get("out"), f"{member.name}: out"
    if out is None:
        return None
    outs = out if isinstance(out, tuple) else (out,)
    if len(outs) != ufunc.nout:
        return TypeError(f"{name} must be a tuple of {ufunc.nout} arrays, but was given {_kind(out)}.")
    try:
        shape = np.broadcast_shapes(*map(np.shape, inputs))
    except ValueError:
        return None
    casting = options.get("casting", "same_kind")
    try:
        dtype = result_type(ufunc, inputs, options)
    except TypeError:
        return None
    for array in outs:
        if array is not None and not isinstance(array, np.ndarray):
            return TypeError(f"{name} must be a NumPy array, but was given {_kind(array)}.")
        if array is not None and shape != array.shape[array.ndim - len(shape) :]:
            return ValueError(f"{name} must have the shape {shape}, but was given one of {array.shape}.")
        if array is not None and not np.can_cast(dtype, array.dtype, casting):
            return TypeError(
                f"{name} is of type {array.dtype}, but the results are of type {dtype}, which casting={casting!r} does "
                f"not turn into that. Give an array of {dtype}, or casting='unsafe'."
            )
        if array is not None and not array.flags.writeable:
            return ValueError(f"{name} must be writeable, but was given a read-only array. Give a copy of it.")
    return None


def result_type(ufunc: np.ufunc, inputs: tuple[Any, ...], options: dict[str, Any]) -> np.dtype:
    """The type of the results, which is the same for all of them; a Python number takes on that of arrays beside it.

    Options are `dtype` and `casting`. A TypeError says that there is no loop.
    """
    kinds = [type(each) if type(each) in (int, float) else np.asarray(each).dtype for each in inputs]
    how: dict[str, Any] = {"casting": options.get("casting", "same_kind")}
    if options.get("dtype") is not None:
        how["signature"] = (None,) * ufunc.nin + (np.dtype(options["dtype"]),) * ufunc.nout
    resolved: tuple[np.dtype, ...] = ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout), **how)
    return resolved[-1]


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
