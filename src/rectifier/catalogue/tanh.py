"""The hyperbolic tangent."""

from math import inf
from typing import Any

from rectifier.catalogue._gain import gain_by_quadrature
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Source


def formula(xp: Any, x: Any) -> Any:
    return xp.tanh(x)


def slope(xp: Any, x: Any) -> Any:
    # 1 - tanh(x)^2 would cancel where tanh is near 1.
    fading = xp.exp(-2 * xp.abs(x))
    return 4 * fading / (1 + fading) ** 2


def facts() -> Facts:
    return Facts(
        range=Interval(low=-1, high=1),
        monotonicity="strictly increasing",
        smoothness="infinitely differentiable",
        saturation=(0, 0),
        lipschitz=1,
        # There is no closed form. The 5/3 that torch's calculate_gain gives is a rule of thumb for stacks of tanh
        # layers, whose signals shrink below the standard normal one assumed here.
        gain=gain_by_quadrature(formula),
        edges=(
            Edge(at=-inf, value=-1, slope=0),
            Edge(at=-0.0, value=-0.0, slope=1),
            Edge(at=inf, value=1, slope=0),
        ),
    )


definition = Activation(
    name="tanh",
    title="Tanh (hyperbolic tangent)",
    summary="Squeezes every number smoothly into the interval from -1 to 1, keeping its sign.",
    formula=formula,
    slope=slope,
    text="tanh(x) = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)",
    text_slope="tanh'(x) = 1 − tanh(x)²",
    latex=r"\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}",
    latex_slope=r"\tanh'(x) = 1 - \tanh^2(x)",
    facts=facts,
    torch="torch.nn.functional.tanh",
    backward_keeps="output",
    cost="One exponential and one division per element: many times ReLU's cost in the cache.",
    used=(
        "The state of LSTM and GRU cells; the policy and value networks of reinforcement learning; outputs that must "
        "lie in an interval, such as pixels scaled to [-1, 1]."
    ),
    advantages=(
        "Centred on zero, with slope 1 there: small signals pass almost unchanged.",
        "Bounded on both sides, smooth everywhere, odd: tanh(-x) = -tanh(x).",
        "Its derivative follows from its output alone.",
    ),
    disadvantages=(
        "Saturates on both sides: beyond |x| = 3 the slope is below 0.01.",
        "Gradients through many saturated layers vanish.",
        "Needs an exponential and a division.",
    ),
    alternatives=(
        Alternative(name="hardtanh", when="it has to be cheap, and straight pieces will do."),
        Alternative(name="softsign", when="saturation should come more slowly."),
        Alternative(name="relu", when="the network is deep and nothing asks for bounded activations."),
        Alternative(name="elu", when="a zero mean is wanted without saturation on the positive side."),
        Alternative(name="sigmoid", when="the output is a probability or a gate."),
    ),
    history=(
        "The recommended hidden unit of the 1990s, because centred signals make gradient descent better conditioned. "
        "It is a sigmoid stretched: tanh(x) = 2 sigmoid(2x) − 1."
    ),
    sources=(
        Source(
            citation=(
                "Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller (1998). Efficient BackProp. In: Neural Networks: Tricks "
                "of the Trade, Springer."
            ),
            contribution="why centred activations train better",
        ),
        Source(
            citation=(
                "X. Glorot, Y. Bengio (2010). Understanding the difficulty of training deep feedforward neural "
                "networks. AISTATS."
            ),
            contribution="initialisation for tanh networks",
        ),
    ),
)
