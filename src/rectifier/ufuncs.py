"""The native ufuncs by name: `value`, `derivative` and `value_and_derivative` of every member of the catalogue.

They are ordinary NumPy ufuncs of x and the parameters (generalised ones for rowwise members), without defaults.

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
    """The ufunc with two outputs that computes both in one pass."""
    return _ufunc(f"{catalogue.get(name).name}_value_and_derivative")


def _ufunc(name: str) -> np.ufunc:
    found: np.ufunc = getattr(_native, name)
    return found


def _document() -> None:
    """Say in each ufunc's documentation what the definition says."""
    for member in catalogue.members():
        inputs = "".join(f" Then comes {p.name}, {p.meaning}." for p in member.parameters)
        _native.document(value(member.name), f"{member.text}\n\n{member.summary}{inputs}")
        if not member.rowwise:
            _native.document(derivative(member.name), f"{member.text_slope}\n\nThe slope of {member.title}.{inputs}")
            _native.document(
                value_and_derivative(member.name),
                f"{member.text}\n{member.text_slope}\n\nBoth in one pass, as two outputs.{inputs}",
            )


_document()
