"""SiLU, the sigmoid linear unit, also known as Swish."""

from math import inf
from typing import Any

from rectifier.catalogue import sigmoid
from rectifier.catalogue._gain import gain_by_quadrature
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Source
from rectifier.catalogue._special import from_below, product


def formula(xp: Any, x: Any) -> Any:
    return product(xp, x, sigmoid.formula(xp, x))


def slope(xp: Any, x: Any) -> Any:
    return from_below(xp, x, sigmoid.formula(xp, x) + product(xp, x, sigmoid.slope(xp, x)))


def facts() -> Facts:
    return Facts(
        # The minimum is -w, at -(1 + w), where w e^w = 1/e: Lambert's W of 1/e.
        range=Interval(low=-0.27846454276107380, includes_low=True),
        monotonicity="not monotone",
        smoothness="infinitely differentiable",
        saturation=(0, 1),
        lipschitz=1.0998393201288669,  # at x = 2.39935..., found numerically
        gain=gain_by_quadrature(formula),
        edges=(
            # torch computes NaN at -∞, from -∞ times 0; here it is the limit.
            Edge(at=-inf, value=-0.0, slope=-0.0),
            Edge(at=-0.0, value=-0.0, slope=0.5),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="silu",
    title="SiLU (sigmoid linear unit, Swish)",
    summary="Weighs a number by its own sigmoid: a smooth ReLU with a dip below zero.",
    formula=formula,
    slope=slope,
    text="silu(x) = x · sigmoid(x) = x / (1 + e⁻ˣ)",
    text_slope="silu'(x) = sigmoid(x) · (1 + x · (1 − sigmoid(x)))",
    latex=r"\operatorname{silu}(x) = x\,\sigma(x) = \frac{x}{1 + e^{-x}}",
    latex_slope=r"\operatorname{silu}'(x) = \sigma(x)\,\bigl(1 + x\,(1 - \sigma(x))\bigr)",
    facts=facts,
    torch="torch.nn.functional.silu",
    backward_keeps="input",
    cost="One exponential and one division per element: what a sigmoid costs.",
    used=(
        "EfficientNet and the later YOLO detectors; diffusion models; reinforcement learning; and, as the gate of "
        "SwiGLU, most large language models of the 2020s."
    ),
    advantages=(
        "Smooth everywhere, close to ReLU far out.",
        "Its slope is zero at one point only, so a unit that has gone negative is not cut off for good.",
        "Bounded below, unbounded above.",
        "Cheaper than GELU, and nearly the same curve when stretched: gelu(x) is about x · sigmoid(1.702 x).",
    ),
    disadvantages=(
        "Needs an exponential and a division.",
        "Not monotone: it falls until x = -1.278 and rises from there.",
        "No exact zeros, so nothing is sparse, and backward has to keep the input.",
        "Its slope fades exponentially for negative inputs, though more slowly than GELU's.",
    ),
    alternatives=(
        Alternative(
            name="hardswish", when="there is no cheap exponential, as on phones: straight lines and a parabola."
        ),
        Alternative(name="gelu", when="a model in its tradition is being followed: the curves differ little."),
        Alternative(name="mish", when="a slightly deeper dip and a steeper slope at zero are worth trying."),
        Alternative(name="swiglu", when="a transformer's feed-forward layer may have a gate."),
        Alternative(name="relu", when="sparse activations or speed matter more than smoothness."),
    ),
    history=(
        "Named SiLU in 2016 beside GELU, studied in reinforcement learning in 2017, and found once more in the same "
        "year by a search over formulas, as Swish: x · sigmoid(beta x), mostly used with beta = 1."
    ),
    sources=(
        Source(
            citation=(
                "S. Elfwing, E. Uchibe, K. Doya (2018). Sigmoid-weighted linear units for neural network function "
                "approximation in reinforcement learning. Neural Networks 107, 3-11. arXiv:1702.03118."
            ),
            contribution="the function in reinforcement learning, and its derivative as an activation",
        ),
        Source(
            citation="D. Hendrycks, K. Gimpel (2016). Gaussian error linear units (GELUs). arXiv:1606.08415.",
            contribution="the name",
        ),
        Source(
            citation="P. Ramachandran, B. Zoph, Q. V. Le (2017). Searching for activation functions. arXiv:1710.05941.",
            contribution="Swish, and its comparison with others on large data sets",
        ),
    ),
)
