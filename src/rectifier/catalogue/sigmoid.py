"""The logistic sigmoid."""

from math import inf
from typing import Any

from rectifier.catalogue._gain import gain_by_quadrature
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Source


def formula(xp: Any, x: Any) -> Any:
    # Two forms, each used where its exponential shrinks; the selections keep the other from overflowing.
    left = xp.exp(xp.where(x < 0, x, 0))
    right = xp.exp(-xp.where(x < 0, 0, x))
    return xp.where(x < 0, left / (1 + left), 1 / (1 + right))


def slope(xp: Any, x: Any) -> Any:
    fading = xp.exp(-xp.abs(x))
    return fading / (1 + fading) ** 2


def facts() -> Facts:
    return Facts(
        range=Interval(low=0, high=1),
        monotonicity="strictly increasing",
        smoothness="infinitely differentiable",
        saturation=(0, 0),
        lipschitz=0.25,
        # There is no closed form. torch's calculate_gain gives 1, which leaves a sigmoid's weights as they are.
        gain=gain_by_quadrature(formula),
        edges=(
            Edge(at=-inf, value=0, slope=0),
            Edge(at=-0.0, value=0.5, slope=0.25),
            Edge(at=inf, value=1, slope=0),
        ),
    )


definition = Activation(
    name="sigmoid",
    title="Sigmoid (logistic function)",
    summary="Squeezes every number smoothly into the interval from 0 to 1.",
    formula=formula,
    slope=slope,
    text="sigmoid(x) = 1 / (1 + e⁻ˣ)",
    text_slope="sigmoid'(x) = sigmoid(x) · (1 − sigmoid(x))",
    latex=r"\sigma(x) = \frac{1}{1 + e^{-x}}",
    latex_slope=r"\sigma'(x) = \sigma(x)\,\bigl(1 - \sigma(x)\bigr)",
    facts=facts,
    torch="torch.nn.functional.sigmoid",
    backward_keeps="output",
    cost="One exponential and one division per element: many times ReLU's cost in the cache.",
    used=(
        "Output of two-way and multi-label classifiers (with the loss computed from logits, never from the sigmoid's "
        "output); gates in LSTM and GRU cells; attention over channels."
    ),
    advantages=(
        "Its output can be read as a probability: x is the logarithm of the odds.",
        "Bounded on both sides, smooth everywhere.",
        "Its derivative follows from its output alone.",
    ),
    disadvantages=(
        "Saturates on both sides: beyond |x| = 5 the slope is below 0.007.",
        "Its slope is at most 1/4, so a gradient shrinks at least fourfold at every layer it passes (weights aside).",
        "Its outputs are all positive, which makes the gradients of a unit's weights share one sign.",
        "In floating point its value is exactly 1 from about x = 17 (float32) or 37 (float64) on: log(1 − sigmoid) "
        "is then −∞.",
    ),
    alternatives=(
        Alternative(name="hardsigmoid", when="it has to be cheap, and a few straight pieces will do."),
        Alternative(name="logsigmoid", when="the logarithm of the probability is wanted: it does not lose small ones."),
        Alternative(name="relu", when="between hidden layers: it does not saturate."),
        Alternative(name="tanh", when="a bounded hidden state is wanted: it is the same curve, centred on zero."),
        Alternative(name="softmax", when="there are more than two classes and exactly one is right."),
    ),
    history=(
        "Verhulst described population growth with it in 1838. It was the usual hidden unit from the rise of "
        "back-propagation in 1986 until rectifiers replaced it around 2011."
    ),
    sources=(
        Source(
            citation=(
                "D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). Learning representations by back-propagating "
                "errors. Nature 323, 533-536."
            ),
            contribution="training hidden sigmoid units",
        ),
        Source(
            citation=(
                "X. Glorot, Y. Bengio (2010). Understanding the difficulty of training deep feedforward neural "
                "networks. AISTATS."
            ),
            contribution="how sigmoids saturate in deep networks",
        ),
        Source(
            citation=(
                "S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. Neural Computation 9(8), 1735-1780."
            ),
            contribution="sigmoids as gates",
        ),
    ),
)
