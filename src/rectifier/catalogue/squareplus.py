"""Squareplus: softplus without transcendental functions."""

from math import inf, sqrt
from typing import Any

from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Parameter, Source

# With r = sqrt(x^2 + b), the value is (r + |x|) / 2 for positive x and b / (2 (r + |x|)), which does not cancel, for
# others. Numbers above 1 are taken out of the root as a factor: their squares might overflow.


def formula(xp: Any, x: Any, b: Any) -> Any:
    size, small, rest = _scaled(xp, x, b)
    total = small + xp.sqrt(small * small + rest)  # (|x| + r) / size
    return xp.where(x > 0, size * total / 2, b / 2 / (size * total))


def slope(xp: Any, x: Any, b: Any) -> Any:
    _, small, rest = _scaled(xp, x, b)
    root = xp.sqrt(small * small + rest)
    return xp.where(x > 0, (small + root) / 2, rest / 2 / (small + root)) / root


def _scaled(xp: Any, x: Any, b: Any) -> tuple[Any, Any, Any]:
    """A factor, and |x| and b as they are without it: |x| / factor and b / factor^2."""
    # The sign is changed by hand, since the gradient of |x| at zero would be 0.
    distance = xp.where(x > 0, x, -x)
    size = xp.where(distance > 1, distance, 1)
    return size, xp.where(distance > 1, 1, distance), b / size / size


def facts(b: float) -> Facts:
    return Facts(
        range=Interval(low=0),
        monotonicity="strictly increasing",
        smoothness="infinitely differentiable",
        saturation=(0, 1),
        lipschitz=1,
        gain=2 / sqrt(2 + b),  # the square is (2 z^2 + b + 2 z r) / 4, and z r is odd, so that its mean is 0
        edges=(
            Edge(at=-inf, value=0, slope=0),
            Edge(at=-0.0, value=sqrt(b) / 2, slope=0.5),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="squareplus",
    title="Squareplus",
    summary="A smooth ReLU without zeros, from a square root instead of an exponential: half of a hyperbola.",
    formula=formula,
    slope=slope,
    text="squareplus(x) = (x + √(x² + b)) / 2",
    text_slope="squareplus'(x) = (1 + x / √(x² + b)) / 2",
    latex=r"\operatorname{squareplus}(x) = \tfrac12 \left(x + \sqrt{x^2 + b}\right)",
    latex_slope=r"\operatorname{squareplus}'(x) = \tfrac12 \left(1 + \frac{x}{\sqrt{x^2 + b}}\right)",
    parameters=(
        Parameter(
            name="b",
            default=4.0,
            domain=Interval(low=0),
            learned=False,
            meaning="how wide the bend around zero is; towards 0 it is ReLU, with 4 the slope's slope at zero is "
            "softplus's",
        ),
    ),
    facts=facts,
    torch=None,
    backward_keeps="output",
    cost="A square root and, where digits on the negative side matter, a division per element: no exponential.",
    used="In softplus's place, where a positive output is wanted and exponentials are slow.",
    advantages=(
        "Smooth, positive everywhere and rising everywhere, as softplus is, from additions, products and a root.",
        "Nothing overflows that the square of x does not.",
        "Its slope fades slowly, as 1/x², on the negative side: units there keep learning.",
    ),
    disadvantages=(
        "Approaches zero and x only slowly: at -10 it is still 0.1, where softplus is 0.00005.",
        "At zero it is 1 with the usual b, further from ReLU than softplus.",
        "Spelled as it is written it loses its digits for negative x, and in float16 x² overflows from 256 on.",
        "No exact zeros, so nothing is sparse.",
    ),
    alternatives=(
        Alternative(name="softplus", when="an exponential is affordable and zero should be approached quickly."),
        Alternative(name="relu", when="it is for hidden layers and a kink does no harm."),
        Alternative(name="smelu", when="a bend of exact width is wanted, with exact zeros beyond it."),
    ),
    history="Published in 2021 as a note of a few pages; the curve itself is a branch of a hyperbola.",
    sources=(
        Source(
            citation="J. T. Barron (2021). Squareplus: a softplus-like algebraic rectifier. arXiv:2112.11687.",
            contribution="the function, its parameter, and the comparison with softplus",
        ),
    ),
)
