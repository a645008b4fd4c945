"""GELU by tanh: the approximation that many checkpoints were trained with."""

from math import inf
from typing import Any

from rectifier.catalogue import sigmoid
from rectifier.catalogue._gain import gain_by_quadrature
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Source
from rectifier.catalogue._special import decimal, from_below, product

BEND = "0.044715"

# (1 + tanh(u)) / 2 is the sigmoid of 2u, which keeps its digits where the sum would cancel.


def formula(xp: Any, x: Any) -> Any:
    return product(xp, x, sigmoid.formula(xp, _twice_u(xp, x)))


def slope(xp: Any, x: Any) -> Any:
    u2 = _twice_u(xp, x)
    growth = 2 * (2 / xp.pi) ** 0.5 * x * (1 + 3 * decimal(xp, BEND) * x * x)
    return from_below(xp, x, sigmoid.formula(xp, u2) + product(xp, growth, sigmoid.slope(xp, u2)))


def _twice_u(xp: Any, x: Any) -> Any:
    return 2 * (2 / xp.pi) ** 0.5 * x * (1 + decimal(xp, BEND) * x * x)


def facts() -> Facts:
    return Facts(
        # The minimum, at x = -0.75246..., and the steepest slope, at 1.41850..., were found numerically.
        range=Interval(low=-0.17004075057125406, includes_low=True),
        monotonicity="not monotone",
        smoothness="infinitely differentiable",
        saturation=(0, 1),
        lipschitz=1.1289930686587718,
        gain=gain_by_quadrature(formula),
        edges=(
            Edge(at=-inf, value=-0.0, slope=-0.0),
            Edge(at=-0.0, value=-0.0, slope=0.5),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="gelu_tanh",
    title="GELU by tanh",
    summary="GELU with the normal distribution approximated by a tanh: never more than 0.0005 away from it.",
    formula=formula,
    slope=slope,
    text="gelu_tanh(x) = x/2 · (1 + tanh(u)), with u = √(2/π) · (x + 0.044715 x³)",
    text_slope="gelu_tanh'(x) = (1 + tanh(u)) / 2 + x/2 · (1 − tanh(u)²) · √(2/π) · (1 + 0.134145 x²)",
    latex=r"\operatorname{gelu\_tanh}(x) = \tfrac{x}{2}\left(1 + \tanh u\right),\quad "
    r"u = \sqrt{2/\pi}\,(x + 0.044715\,x^3)",
    latex_slope=r"\operatorname{gelu\_tanh}'(x) = \tfrac12(1 + \tanh u) + \tfrac{x}{2}\,(1 - \tanh^2 u)\,"
    r"\sqrt{2/\pi}\,(1 + 3 \cdot 0.044715\,x^2)",
    facts=facts,
    torch=None,  # torch's gelu computes it if given approximate="tanh"
    backward_keeps="input",
    cost="One exponential and one division per element: less than an error function, where that is slow.",
    used="GPT-2 and many language models after it, and code for devices without a fast error function.",
    advantages=(
        "Cheaper than the exact GELU where the error function is slow.",
        "What checkpoints of GPT-2 and its relatives expect.",
        "Else as GELU: smooth, close to ReLU far out, bounded below.",
    ),
    disadvantages=(
        "Not GELU: swapped for the exact form under a trained network, it shifts every activation a little.",
        "Where the error function is fast, as in a vectorised kernel, it saves little.",
        "For very negative inputs it fades much faster than GELU, so there it is a poor approximation in relative "
        "terms.",
        "Not monotone, no exact zeros, and backward has to keep the input.",
    ),
    alternatives=(
        Alternative(name="gelu", when="nothing was trained yet: the exact form has one meaning everywhere."),
        Alternative(name="silu", when="a cheap smooth curve is wanted and it need not be GELU."),
    ),
    history="Given beside the exact form in 2016, and spread by the code of GPT and BERT.",
    sources=(
        Source(
            citation="D. Hendrycks, K. Gimpel (2016). Gaussian error linear units (GELUs). arXiv:1606.08415.",
            contribution="the approximation",
        ),
        Source(
            citation=(
                "A. Radford, J. Wu, R. Child, D. Luan, D. Amodei, I. Sutskever (2019). Language models are "
                "unsupervised multitask learners. OpenAI technical report."
            ),
            contribution="GPT-2, whose published code computes it",
        ),
    ),
)
