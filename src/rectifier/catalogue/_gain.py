"""Initialisation gains, and what of the standard normal distribution they are computed with.

>>> gain_of_mean_square(0.25)
2.0
"""

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any


def gain_of_mean_square(mean_square: float) -> float | None:
    """The gain of a function f with this E[f(z)^2]; None if that is zero, or too small to be told from it."""
    return 1 / math.sqrt(mean_square) if mean_square > 0 else None


def below(t: float) -> float:
    """P(z < t) of a standard normal z."""
    return math.erfc(-t / math.sqrt(2)) / 2


def density(t: float) -> float:
    """The density of a standard normal z at t."""
    return math.exp(-t * t / 2) / math.sqrt(2 * math.pi)


def square_above(t: float) -> float:
    """E[z^2; z > t] of a standard normal z, by parts."""
    return t * density(t) + below(-t)


@functools.cache
def gain_by_quadrature(formula: Callable[..., Any], *parameters: float, breaks: tuple[float, ...] = ()) -> float | None:
    """The gain of a formula, for which no closed form is known or worth its lines.

    `breaks` are the points where it is not smooth. Beyond 12 from all of them the normal density is below 1e-31.
    """

    def weighted_square(z: float) -> float:
        value: float = formula(Floats, z, *parameters)
        return value * value * density(z)

    points = sorted({0.0, *breaks})
    points = [points[0] - 12, *points, points[-1] + 12]
    return gain_of_mean_square(sum(_integral(weighted_square, low, high) for low, high in itertools.pairwise(points)))


def _integral(f: Callable[[float], float], low: float, high: float) -> float:
    """By the tanh-sinh rule (Takahasi and Mori 1974), whose points crowd at the ends, where a kink may lie."""
    middle, half = (low + high) / 2, (high - low) / 2

    def term(t: float) -> float:
        u = math.pi / 2 * math.sinh(t)
        return f(middle + half * math.tanh(u)) * math.cosh(t) / math.cosh(u) ** 2

    # At 3.5 the weights are below 1e-20. The step is halved until that changes nothing any more.
    total, estimate = sum(term(0.5 * k) for k in range(-7, 8)), math.inf
    for halvings in range(2, 12):
        step = 0.5**halvings
        last = round(3.5 / step)  # even, so that these are the odd ones, which the wider step left out
        total += sum(term(step * k) for k in range(1 - last, last, 2))
        before, estimate = estimate, step * total
        if halvings > 3 and abs(estimate - before) <= 1e-14 * abs(estimate):
            break
    return estimate * half * math.pi / 2


class Floats:
    """As much of an array namespace as the definitions use, for one Python float at a time."""

    pi = math.pi
    abs = staticmethod(abs)
    exp = staticmethod(math.exp)
    expm1 = staticmethod(math.expm1)
    log1p = staticmethod(math.log1p)
    sqrt = staticmethod(math.sqrt)
    tanh = staticmethod(math.tanh)
    cosh = staticmethod(math.cosh)

    class special:  # noqa: N801 - named as torch names it
        erfc = staticmethod(math.erfc)

    @staticmethod
    def sign(x: float) -> float:
        return float((x > 0) - (x < 0))

    @staticmethod
    def where(condition: bool, chosen: Any, other: Any) -> Any:
        return chosen if condition else other
