"""Softplus: the smooth curve that ReLU is the sharp limit of."""

from math import inf, log
from typing import Any

from rectifier.catalogue import sigmoid
from rectifier.catalogue._gain import gain_by_quadrature
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Parameter, Source


def formula(xp: Any, x: Any, beta: Any) -> Any:
    # The exponential only ever shrinks. At zero it is taken on the side of the gradient 1/2, which -|x| would lose.
    return xp.where(x > 0, x, 0) + xp.log1p(xp.exp(beta * xp.where(x > 0, -x, x))) / beta


def slope(xp: Any, x: Any, beta: Any) -> Any:
    return sigmoid.formula(xp, beta * x)


def facts(beta: float) -> Facts:
    return Facts(
        range=Interval(low=0),
        monotonicity="strictly increasing",
        smoothness="infinitely differentiable",
        saturation=(0, 1),
        lipschitz=1,
        gain=gain_by_quadrature(formula, beta),
        edges=(
            Edge(at=-inf, value=0, slope=0),
            Edge(at=-0.0, value=log(2) / beta, slope=0.5),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="softplus",
    title="Softplus",
    summary="A smooth ReLU without zeros: the logarithm of one plus the exponential.",
    formula=formula,
    slope=slope,
    text="softplus(x) = log(1 + e^(beta · x)) / beta",
    text_slope="softplus'(x) = 1 / (1 + e^(−beta · x))",
    latex=r"\operatorname{softplus}(x) = \tfrac{1}{\beta} \ln\bigl(1 + e^{\beta x}\bigr)",
    latex_slope=r"\operatorname{softplus}'(x) = \frac{1}{1 + e^{-\beta x}}",
    parameters=(
        Parameter(
            name="beta",
            default=1.0,
            domain=Interval(low=0),
            learned=False,
            meaning="how sharp the bend at zero is; the larger, the closer to ReLU",
        ),
    ),
    facts=facts,
    # Above its threshold, 20 / beta, torch gives x itself: 2e-9 / beta off, which float32 cannot see and float64 can.
    torch="torch.nn.functional.softplus",
    backward_keeps="output",
    cost="An exponential and a logarithm per element: many times ReLU's cost in the cache.",
    used=(
        "Outputs that must be positive: scales, variances, rates and concentrations of distributions. Rarely between "
        "hidden layers. For float64 tensors torch's own is taken, which gives x itself where beta · x is above 20 and "
        "so is up to 2e-9 / beta too small there; for arrays it is exact throughout."
    ),
    advantages=(
        "Positive everywhere and smooth everywhere: what a scale or a rate needs.",
        "Its slope is never zero, so nothing dies.",
        "Its derivative is the sigmoid, its negative mirrored self the logarithm of the sigmoid.",
        "Grows linearly, not exponentially, so large inputs do not overflow as an exponential's would.",
    ),
    disadvantages=(
        "Between hidden layers it has mostly done worse than ReLU: no zeros, and a mean well above zero.",
        "At zero it is 0.69 / beta, not 0: a network of small weights starts with a shift.",
        "Very negative inputs give almost zero, and a division by such a variance blows up: add a small constant.",
        "Spelled as it is written it overflows for large x and loses its digits for very negative ones.",
    ),
    alternatives=(
        Alternative(name="squareplus", when="exponentials are too slow: nearly the same curve from a square root."),
        Alternative(name="relu", when="it is for hidden layers."),
        Alternative(name="silu", when="it is for hidden layers and should be smooth."),
        Alternative(name="celu", when="zero should stay zero."),
    ),
    history=(
        "Introduced in 2001 in a model of option prices, whose value must be positive, rising and convex. In 2011 it "
        "was ReLU's smooth rival, and ReLU won."
    ),
    sources=(
        Source(
            citation=(
                "C. Dugas, Y. Bengio, F. Bélisle, C. Nadeau, R. Garcia (2001). Incorporating second-order functional "
                "knowledge for better option pricing. NIPS 13."
            ),
            contribution="the function and its name",
        ),
        Source(
            citation="X. Glorot, A. Bordes, Y. Bengio (2011). Deep sparse rectifier neural networks. AISTATS.",
            contribution="the comparison with ReLU",
        ),
    ),
)
