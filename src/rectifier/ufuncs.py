"""The native ufuncs by name: `value`, `derivative` and `value_and_derivative` of every member of the catalogue.

They are ordinary NumPy ufuncs of x and the parameters, without defaults; generalised ones for rowwise members. Those of
gated members take the two halves as two inputs and have a derivative for each; those of concatenated members have an
output for each half of the result.

>>> value("leaky_relu")([-2.0, 3.0], 0.1)
array([-0.2,  3. ])
"""

import functools
import importlib.util

import numpy as np

from rectifier import catalogue

if importlib.util.find_spec("rectifier._native") is None:
    raise ImportError(
        "Rectifier's native module (rectifier._native) is missing: this copy was not built, or only in part. "
        "Install it again: `pip install --force-reinstall rectifier`, or `make install` in a checkout."
    )

from rectifier import _native


@functools.cache
def value(name: str) -> np.ufunc:
    """The ufunc that computes the member of this name."""
    return _ufunc(catalogue.get(name).name)


@functools.cache
def derivative(name: str) -> np.ufunc:
    """The ufunc that computes its derivative with respect to x. Rowwise members have none (a Jacobian is larger)."""
    return _ufunc(f"{catalogue.get(name).name}_derivative")


@functools.cache
def value_and_derivative(name: str) -> np.ufunc:
    """The ufunc that computes both in one pass: its outputs are those of the one, then those of the other."""
    return _ufunc(f"{catalogue.get(name).name}_value_and_derivative")


@functools.cache
def learn_bfloat16(dtype: np.dtype) -> None:
    """From now on every ufunc computes arrays of this type, which NumPy has from ml_dtypes."""
    _native.add_bfloat16(dtype)


def walk(ufunc: np.ufunc, arrays: tuple[np.ndarray, ...]) -> None:
    """What a ufunc of these does, for large arrays of one type and shape whose rows do not lie one behind the other.

    Inputs come first, then outputs, which overlap with no other. A ValueError or TypeError says what does not fit.
    """
    _native.walk(ufunc, arrays)


def _ufunc(name: str) -> np.ufunc:
    found: np.ufunc = getattr(_native, name)
    return found


def _document() -> None:
    """Say in each ufunc's documentation what the definition says."""
    for member in catalogue.members():
        inputs = "".join(f" Then comes {p.name}, {p.meaning}." for p in member.parameters)
        both = " Halves are separate arrays here." if member.kind in ("gated", "concatenated") else ""
        _native.document(value(member.name), f"{member.text}\n\n{member.summary}{both}{inputs}")
        if member.kind != "rowwise":
            slopes = f"{member.text_slope}\n\nThe slope of {member.title}.{both}{inputs}"
            _native.document(derivative(member.name), slopes)
            together = "Both in one pass: the outputs of the one, then those of the other."
            _native.document(
                value_and_derivative(member.name), f"{member.text}\n{member.text_slope}\n\n{together}{both}{inputs}"
            )


_document()
