"""Softsign: a bounded curve from a single division."""

from math import inf
from typing import Any

from rectifier.catalogue._gain import gain_by_quadrature
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Source


def formula(xp: Any, x: Any) -> Any:
    infinite = xp.abs(x) == inf  # they would give ∞/∞
    return xp.where(infinite, xp.sign(x), x) / (1 + xp.where(infinite, 0, xp.abs(x)))


def slope(xp: Any, x: Any) -> Any:
    return (1 / (1 + xp.abs(x))) ** 2


def facts() -> Facts:
    return Facts(
        range=Interval(low=-1, high=1),
        monotonicity="strictly increasing",
        smoothness="continuously differentiable",
        saturation=(0, 0),
        lipschitz=1,
        gain=gain_by_quadrature(formula),
        edges=(
            # torch computes NaN at infinities, from ∞/∞; here they give the limits.
            Edge(at=-inf, value=-1, slope=0),
            Edge(at=-0.0, value=-0.0, slope=1),
            Edge(at=inf, value=1, slope=0),
        ),
    )


definition = Activation(
    name="softsign",
    title="Softsign",
    summary="Squeezes every number into the interval from -1 to 1, like tanh but far more slowly.",
    formula=formula,
    slope=slope,
    text="softsign(x) = x / (1 + |x|)",
    text_slope="softsign'(x) = 1 / (1 + |x|)²",
    latex=r"\operatorname{softsign}(x) = \frac{x}{1 + |x|}",
    latex_slope=r"\operatorname{softsign}'(x) = \frac{1}{(1 + |x|)^2}",
    facts=facts,
    torch="torch.nn.functional.softsign",
    backward_keeps="output",
    cost="One division per element, and no exponential: a fraction of what tanh costs.",
    used="Bounded outputs and squashed inputs where exponentials are slow; speech synthesis and control now and then.",
    advantages=(
        "Bounded and centred like tanh, without an exponential.",
        "Saturates slowly: its slope fades as 1/x², not exponentially, so units far out keep learning.",
        "Its derivative follows from its output alone: (1 − |y|)².",
    ),
    disadvantages=(
        "Never close to its bounds: at 9 it is 0.9, so an output near 1 takes enormous inputs.",
        "Bends from the start: already at 0.5 it is a third off the identity, so deep stacks shrink the signal.",
        "Its second derivative jumps at zero.",
        "Saturates on both sides all the same: gradients through many layers vanish.",
    ),
    alternatives=(
        Alternative(name="tanh", when="the bounds should be reached, or the middle be close to a straight line."),
        Alternative(name="relu", when="nothing asks for bounded activations."),
        Alternative(name="hardtanh", when="it has to be cheaper still."),
    ),
    history=(
        "Suggested in 1993 for its cheapness, and again in 2009, in a study of image features. In 2010 it was found to "
        "saturate less than tanh in deep networks; rectifiers then made the question moot."
    ),
    sources=(
        Source(
            citation=(
                "D. L. Elliott (1993). A better activation function for artificial neural networks. Technical report "
                "TR 93-8, Institute for Systems Research, University of Maryland."
            ),
            contribution="the function as a cheap sigmoid",
        ),
        Source(
            citation=(
                "J. Bergstra, G. Desjardins, P. Lamblin, Y. Bengio (2009). Quadratic polynomials learn better image "
                "features. Technical report 1337, DIRO, Université de Montréal."
            ),
            contribution="its use in networks, and its name",
        ),
        Source(
            citation=(
                "X. Glorot, Y. Bengio (2010). Understanding the difficulty of training deep feedforward neural "
                "networks. AISTATS."
            ),
            contribution="how it saturates in deep networks, beside tanh and the sigmoid",
        ),
    ),
)
