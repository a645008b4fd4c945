"""Pieces that several definitions share, for NumPy, torch, and any namespace that has the names used here."""

import math
from typing import Any


def product(xp: Any, x: Any, share: Any) -> Any:
    """x times a share of it. Where the share has faded to zero the product is zero, even of an infinite x."""
    return xp.where(share == 0, xp.sign(x), x) * share


def from_below(xp: Any, x: Any, y: Any) -> Any:
    """y, and where it has faded to zero far on the left, the negative zero that a negative number fades to."""
    return xp.where((y == 0) & (x < -10), -0.0, y)


def normal_cdf(xp: Any, x: Any) -> Any:
    """The chance that a standard normal number is below x. By erfc, which keeps the digits of small chances."""
    below = -x * decimal(xp, "0.5") ** 0.5
    if hasattr(xp, "special"):
        return xp.special.erfc(below) / 2
    return xp.vectorize(math.erfc, otypes=[below.dtype])(below) / 2  # NumPy has no erfc of its own


def normal_density(xp: Any, x: Any) -> Any:
    """The density of the standard normal distribution."""
    return xp.exp(-x * x / 2) / (2 * xp.pi) ** 0.5


def decimal(xp: Any, digits: str) -> Any:
    """A constant as exact as the namespace's numbers: a float, or mpmath's own. Being no array, it changes no array's
    type."""
    return getattr(xp, "mpf", float)(digits)
