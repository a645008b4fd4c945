"""CELU, an ELU whose slope is continuous for every alpha."""

from math import inf
from typing import Any

from rectifier.catalogue._gain import gain_by_quadrature
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Parameter, Source


def formula(xp: Any, x: Any, alpha: Any) -> Any:
    # The inner selection keeps large positive numbers out of expm1: their infinite gradient times zero would be NaN.
    return xp.where(x > 0, x, alpha * xp.expm1(xp.where(x > 0, 0, x) / alpha))


def slope(xp: Any, x: Any, alpha: Any) -> Any:
    return xp.where(x > 0, 1, xp.exp(xp.where(x > 0, 0, x) / alpha))


def facts(alpha: float) -> Facts:
    return Facts(
        range=Interval(low=-alpha),
        monotonicity="strictly increasing",
        smoothness="continuously differentiable",
        saturation=(0, 1),
        lipschitz=1,
        gain=gain_by_quadrature(formula, alpha),
        edges=(
            Edge(at=-inf, value=-alpha, slope=0),
            Edge(at=-0.0, value=-0.0, slope=1),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="celu",
    title="CELU (continuously differentiable ELU)",
    summary="An ELU stretched along x too, so that its slope is continuous whatever its floor at -alpha.",
    formula=formula,
    slope=slope,
    text="celu(x) = x for x > 0, alpha · (e^(x/alpha) − 1) for x ≤ 0",
    text_slope="celu'(x) = 1 for x > 0, e^(x/alpha) for x ≤ 0",
    latex=r"\operatorname{celu}(x) = \begin{cases} x & x > 0 \\ \alpha\,(e^{x/\alpha} - 1) & x \le 0 \end{cases}",
    latex_slope=r"\operatorname{celu}'(x) = \begin{cases} 1 & x > 0 \\ e^{x/\alpha} & x \le 0 \end{cases}",
    parameters=(
        Parameter(
            name="alpha",
            default=1.0,
            domain=Interval(low=0),
            learned=False,
            meaning="how deep the floor on the negative side is, and how slowly it is reached; towards 0 it is ReLU",
        ),
    ),
    facts=facts,
    torch="torch.nn.functional.celu",
    backward_keeps="output",
    cost="One exponential and one division by a constant per element: what ELU costs.",
    used="Where ELU is used, if alpha is to be other than 1; with alpha = 1 the two are the same.",
    advantages=(
        "Continuously differentiable for every alpha, where ELU is only for 1.",
        "Its slope is never above 1 and never negative, whatever alpha.",
        "Scale-equivariant when alpha is scaled along: celu(c x, c alpha) = c celu(x, alpha) for c > 0.",
        "Runs from ReLU (alpha towards 0) to the identity (alpha towards infinity).",
    ),
    disadvantages=(
        "Needs an exponential.",
        "Its slope fades exponentially on the negative side, the sooner the smaller alpha is.",
        "No exact zeros, so nothing is sparse.",
        "With the usual alpha = 1 it is ELU under another name.",
    ),
    alternatives=(
        Alternative(name="elu", when="alpha is 1, or checkpoints were trained with ELU's own scaling."),
        Alternative(name="softplus", when="the function should be smooth to every order."),
        Alternative(name="relu", when="every operation counts or there is normalisation anyway."),
    ),
    history="Published in 2017 as a note of a few pages, to give ELU's parameter a sound meaning.",
    sources=(
        Source(
            citation="J. T. Barron (2017). Continuously differentiable exponential linear units. arXiv:1704.07483.",
            contribution="the function and the arguments for it",
        ),
    ),
)
