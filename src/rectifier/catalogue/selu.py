"""SELU, the scaled ELU of self-normalising networks."""

from math import inf, sqrt
from typing import Any

from rectifier.catalogue import elu
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Kink, Source
from rectifier.catalogue._special import decimal

# They make mean 0 and variance 1 a fixed point: a standard normal z has E[selu(z)] = 0 and E[selu(z)^2] = 1.
ALPHA = "1.6732632423543772848170429916717"
SCALE = "1.0507009873554804934193349852946"
PRODUCT = "1.7580993408473768599402175208123193420602"


def formula(xp: Any, x: Any) -> Any:
    scale, product = decimal(xp, SCALE), decimal(xp, PRODUCT)
    return xp.where(x > 0, scale * x, product * xp.expm1(xp.where(x > 0, 0, x)))


def slope(xp: Any, x: Any) -> Any:
    scale, product = decimal(xp, SCALE), decimal(xp, PRODUCT)
    return xp.where(x > 0, scale, product * xp.exp(xp.where(x > 0, 0, x)))


def facts() -> Facts:
    alpha, scale, product = float(ALPHA), float(SCALE), float(PRODUCT)
    return Facts(
        range=Interval(low=-product),
        monotonicity="strictly increasing",
        smoothness="continuous",
        kinks=(Kink(at=0, left=product, right=scale, taken=product),),
        saturation=(0, scale),
        lipschitz=product,
        # It is 1, as the two numbers were chosen for; torch's calculate_gain gives 3/4, found by trial.
        gain=1 / (scale * sqrt(elu.mean_square(alpha))),
        edges=(
            Edge(at=-inf, value=-product, slope=0),
            Edge(at=-0.0, value=-0.0, slope=product),
            Edge(at=inf, value=inf, slope=scale),
        ),
    )


definition = Activation(
    name="selu",
    title="SELU (scaled exponential linear unit)",
    summary="An ELU scaled so that mean 0 and variance 1 are kept from layer to layer.",
    formula=formula,
    slope=slope,
    text="selu(x) = s · x for x > 0, s · a · (eˣ − 1) for x ≤ 0, with s = 1.0507… and a = 1.6733…",
    text_slope="selu'(x) = s for x > 0, s · a · eˣ for x ≤ 0",
    latex=(
        r"\operatorname{selu}(x) = \lambda \begin{cases} x & x > 0 \\ \alpha\,(e^x - 1) & x \le 0 \end{cases},"
        r"\quad \lambda \approx 1.0507,\ \alpha \approx 1.6733"
    ),
    latex_slope=r"\operatorname{selu}'(x) = \lambda \begin{cases} 1 & x > 0 \\ \alpha\,e^x & x \le 0 \end{cases}",
    facts=facts,
    torch="torch.nn.functional.selu",
    backward_keeps="output",
    cost="That of ELU and one multiplication: an exponential per element.",
    used=(
        "Deep fully connected networks on tables and other data without spatial order, where batch normalisation is "
        "not wanted."
    ),
    advantages=(
        "Keeps mean and variance of the activations near 0 and 1 through many layers, without normalisation layers.",
        "The slope above 1 for positive inputs lets a variance that has become too small grow again.",
        "Negative outputs bring the mean to zero.",
    ),
    disadvantages=(
        "It keeps its promise only under its conditions: weights drawn with variance 1/n (gain 1), inputs "
        "standardised, a plain chain of layers. Residual connections or other activations break it.",
        "Ordinary dropout shifts the mean; alpha dropout has to be taken instead.",
        "Its slope jumps at zero, from 1.758 to 1.051.",
        "Needs an exponential, and fades for very negative inputs as ELU does.",
    ),
    alternatives=(
        Alternative(name="elu", when="there are residual connections or normalisation, so the scaling has no purpose."),
        Alternative(name="relu", when="batch or layer normalisation keeps the scale anyway."),
        Alternative(name="gelu", when="it is a transformer, which normalises its layers itself."),
    ),
    history=(
        "Published in 2017 with a proof, in an appendix of some 90 pages, that mean and variance are drawn to the "
        "fixed point."
    ),
    sources=(
        Source(
            citation=(
                "G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter (2017). Self-normalizing neural networks. NIPS. "
                "arXiv:1706.02515."
            ),
            contribution="the function, its two numbers, alpha dropout, and the proof",
        ),
    ),
)
