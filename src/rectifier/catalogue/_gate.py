"""The facts of gated members: the first half of the inputs, times a gate computed from the second."""

from dataclasses import replace
from math import inf

from rectifier.catalogue._record import Facts, Interval


def facts_of_gated(gate: Facts) -> Facts:
    """The gate's own, but for what the product changes.

    The gain stays, as the mean of a^2 is 1. No number bounds the slope, as the derivative by b has the factor a.
    """
    return replace(gate, range=Interval(), monotonicity="not monotone", lipschitz=inf)
