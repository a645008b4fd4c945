"""Tanhshrink: what tanh leaves of a number."""

from math import inf
from typing import Any

from rectifier.catalogue._gain import gain_by_quadrature
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Source


def formula(xp: Any, x: Any) -> Any:
    # x - tanh(x) cancels near zero. There x cosh(x) - sinh(x) is summed as its power series, whose terms all have one
    # sign; each is x^2 / (2k (2k + 3)) times the one before. Sixteen of them leave 1e-27 of the sum at |x| = 2.
    near = xp.where(xp.abs(x) < 2, x, 0)
    square = near * near
    total = 1 + 0 * square
    for k in range(16, 0, -1):
        total = 1 + square / (2 * k * (2 * k + 3)) * total
    series = near * square / 3 * total / xp.cosh(near)
    return xp.where(xp.abs(x) < 2, series, x - xp.tanh(x))


def slope(xp: Any, x: Any) -> Any:
    return xp.tanh(x) ** 2


def facts() -> Facts:
    return Facts(
        range=Interval(),
        monotonicity="strictly increasing",
        smoothness="infinitely differentiable",
        saturation=(1, 1),
        lipschitz=1,
        gain=gain_by_quadrature(formula),
        edges=(
            Edge(at=-inf, value=-inf, slope=1),
            Edge(at=-0.0, value=-0.0, slope=0),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="tanhshrink",
    title="Tanhshrink",
    summary="Shrinks small numbers to nearly nothing and moves large ones towards zero by 1.",
    formula=formula,
    slope=slope,
    text="tanhshrink(x) = x − tanh(x)",
    text_slope="tanhshrink'(x) = tanh(x)²",
    latex=r"\operatorname{tanhshrink}(x) = x - \tanh(x)",
    latex_slope=r"\operatorname{tanhshrink}'(x) = \tanh^2(x)",
    facts=facts,
    torch="torch.nn.functional.tanhshrink",
    backward_keeps="input",
    cost="That of a tanh, one exponential and one division per element, or more where small numbers must be exact.",
    used="Rarely: a smooth shrinkage in sparse coding and in the codes of autoencoders.",
    advantages=(
        "Smooth everywhere, and rising everywhere: an invertible shrinkage.",
        "Damps small numbers strongly, as x³/3, and keeps the sign.",
        "Its slope lies between 0 and 1, and is near 1 for large inputs: no saturation.",
    ),
    disadvantages=(
        "Around zero its slope is nearly zero: with small weights at initialisation almost no gradient passes.",
        "No exact zeros, so nothing is sparse.",
        "Large numbers lose 1, which is a bias that cannot be adjusted.",
        "Spelled as it is written it loses all digits of small numbers: in float32 it is off by half below 0.0005.",
    ),
    alternatives=(
        Alternative(name="softshrink", when="exact zeros or a choice of the threshold are wanted."),
        Alternative(name="hardshrink", when="large numbers should keep their size."),
        Alternative(name="relu", when="it is for hidden layers: a slope of zero at zero makes them hard to train."),
    ),
    history="One of the shrinkage layers of the Torch library, from which PyTorch took it over.",
    sources=(
        Source(
            citation=(
                "R. Collobert, K. Kavukcuoglu, C. Farabet (2011). Torch7: a Matlab-like environment for machine "
                "learning. BigLearn, NIPS Workshop."
            ),
            contribution="the library that spread it as a layer",
        ),
    ),
)
