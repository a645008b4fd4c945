"""The types that are small enough to try every number: float16 and bfloat16, as the public functions take them."""

from typing import Any

import ml_dtypes
import mpmath
import numpy as np

import rectifier
from benchmarks.accuracy.decimals import Mp
from benchmarks.accuracy.reference import Array, Function, What
from rectifier.catalogue import Activation

# The type; bits of precision, exponent of the smallest number, the largest.
SMALL: dict[str, tuple[Any, int, int, float]] = {
    "float16": (np.float16, 11, -24, 65504.0),
    "bfloat16": (ml_dtypes.bfloat16, 8, -133, (2 - 2.0**-7) * 2.0**127),
}


def every(member: Activation, what: What, kind: str) -> dict[str, Any]:
    """Results for all numbers of the type, against the truth rounded once: how many are wrong, and an example.

    Parameters are numbers of the type too.
    """
    dtype, precision, lowest, largest = SMALL[kind]
    x = np.arange(2**16, dtype=np.uint16).view(dtype)
    with np.errstate(invalid="ignore"):  # signalling NaNs
        x = x[np.isfinite(x.astype(np.float64))]
    public = getattr(rectifier, member.name)
    got = (public if what == "value" else public.derivative)(x).astype(np.float64)
    truth = Function(member.name, what, [float(dtype(parameter)) for parameter in member.defaults])
    wanted = truth.rounded(x.astype(np.float64), precision, lowest, largest)
    _decide_ties(member, truth, x.astype(np.float64), wanted, precision, lowest)
    wrong = got != wanted
    found: dict[str, Any] = {"count": x.size, "wrong": int(wrong.sum())}
    if found["wrong"]:
        at = int(np.flatnonzero(wrong)[0])
        found |= {"wrong_x": float(x[at]), "wrong_got": float(got[at]), "wrong_wanted": float(wanted[at])}
    return found


def _decide_ties(member: Activation, truth: Function, x: Array, wanted: Array, precision: int, lowest: int) -> None:
    """Set right, by 400 bits, what lies halfway between two numbers as far as the reference can tell."""
    closely = truth.rounded(x, 53, -1074, np.inf)
    halfway = (truth.rounded(x, precision + 1, lowest - 1, np.inf) == closely) & (closely != wanted)
    define = member.formula if truth.what == "value" else member.slope
    for k in np.flatnonzero(halfway & np.isfinite(wanted)):
        place = mpmath.ldexp(1, max(int(np.frexp(closely[k])[1]) - precision, lowest))
        with mpmath.workprec(400):
            steps = define(Mp, mpmath.mpf(float(x[k])), *truth.parameters[: len(member.parameters)]) / place
            if abs(steps - mpmath.floor(steps)) != mpmath.mpf(0.5):
                wanted[k] = float(mpmath.nint(steps) * place)
