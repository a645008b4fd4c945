"""Squared ReLU."""

from math import inf, sqrt
from typing import Any

from rectifier.catalogue import relu
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Source


def formula(xp: Any, x: Any) -> Any:
    positive = relu.formula(xp, x)
    return positive * positive


def slope(xp: Any, x: Any) -> Any:
    return xp.where(x > 0, 2 * x, xp.where(x <= 0, 0, x))


def facts() -> Facts:
    return Facts(
        range=Interval(low=0, includes_low=True),
        monotonicity="non-decreasing",
        smoothness="continuously differentiable",
        saturation=(0, inf),
        zero_slope=(Interval(high=0, includes_high=True),),
        lipschitz=inf,
        gain=sqrt(2 / 3),  # half of the fourth moment of a standard normal number, which is 3
        edges=(
            Edge(at=-inf, value=0, slope=0),
            Edge(at=-0.0, value=0, slope=0),
            Edge(at=inf, value=inf, slope=inf),
        ),
    )


definition = Activation(
    name="relu_squared",
    title="Squared ReLU",
    summary="Squares positive numbers and turns negative ones into zero.",
    formula=formula,
    slope=slope,
    text="relu_squared(x) = max(0, x)²",
    text_slope="relu_squared'(x) = 2x for x > 0, 0 for x ≤ 0",
    latex=r"\operatorname{relu\_squared}(x) = \max(0, x)^2",
    latex_slope=r"\operatorname{relu\_squared}'(x) = 2 \max(0, x)",
    facts=facts,
    torch=None,
    backward_keeps="output",
    cost="One comparison and one multiplication per element. On arrays larger than the cache it costs what ReLU does.",
    used=(
        "Feed-forward layers of transformers (Primer, Nemotron-4, RWKV's channel mixing); approximating smooth "
        "functions and solutions of differential equations."
    ),
    advantages=(
        "As sparse as ReLU, with exact zeros for about half of the inputs at initialisation.",
        "Its slope is continuous: there is no kink at zero.",
        "Cheap: no exponential. In transformers it has done as well as gated activations without their third matrix.",
        "Its slope follows from its output: twice the square root.",
    ),
    disadvantages=(
        "Grows quadratically, so outliers are blown up; in float16 inputs above 255 overflow.",
        "Its slope is unbounded, so gradients can explode where nothing normalises the inputs.",
        "Can die as ReLU does, and near zero its slope is small on the positive side too.",
        "Not scale-equivariant of degree one: twice the weights give four times the output.",
    ),
    alternatives=(
        Alternative(name="relu", when="there is no normalisation before it, or depth would make the squares explode."),
        Alternative(name="swiglu", when="a transformer's feed-forward layer may have a third matrix."),
        Alternative(name="gelu", when="the smooth standard of transformers is wanted."),
        Alternative(name="smelu", when="a continuous slope is wanted, but linear growth."),
    ),
    history=(
        "Powers of ReLU come from approximation theory, where they are splines. In 2021 an automated search for better "
        "transformers found the square, and it was the simplest of its gains."
    ),
    sources=(
        Source(
            citation=(
                "D. R. So, W. Mańke, H. Liu, Z. Dai, N. Shazeer, Q. V. Le (2021). Primer: searching for efficient "
                "transformers for language modeling. NeurIPS. arXiv:2109.08668."
            ),
            contribution="its use in transformers",
        ),
        Source(
            citation=(
                "B. Li, S. Tang, H. Yu (2020). Better approximations of high dimensional smooth functions by deep "
                "neural networks with rectified power units. Communications in Computational Physics. "
                "arXiv:1903.05858."
            ),
            contribution="why powers of ReLU approximate smooth functions well",
        ),
    ),
)
