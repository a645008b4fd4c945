"""SmeLU, the smooth ReLU: two straight lines joined by a parabola."""

from math import inf
from typing import Any

from rectifier.catalogue import hardtanh
from rectifier.catalogue._gain import gain_by_quadrature
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Parameter, Source


def formula(xp: Any, x: Any, beta: Any) -> Any:
    above = hardtanh.formula(xp, x, -beta, beta) + beta
    return xp.where(x <= -beta, 0, xp.where(x >= beta, x, above * (above / (4 * beta))))


def slope(xp: Any, x: Any, beta: Any) -> Any:
    return (hardtanh.formula(xp, x, -beta, beta) + beta) / (2 * beta)


def facts(beta: float) -> Facts:
    return Facts(
        range=Interval(low=0, includes_low=True),
        monotonicity="non-decreasing",
        smoothness="continuously differentiable",
        saturation=(0, 1),
        zero_slope=(Interval(high=-beta, includes_high=True),),
        lipschitz=1,
        gain=gain_by_quadrature(formula, beta, breaks=(-beta, beta)),
        edges=(
            Edge(at=-inf, value=0, slope=0),
            Edge(at=-0.0, value=beta / 4, slope=0.5),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="smelu",
    title="SmeLU (smooth ReLU)",
    summary="ReLU with its kink replaced by a piece of a parabola, from -beta to beta.",
    formula=formula,
    slope=slope,
    text="smelu(x) = 0 for x ≤ −beta, (x + beta)² / (4 beta) for |x| < beta, x for x ≥ beta",
    text_slope="smelu'(x) = 0 for x ≤ −beta, (x + beta) / (2 beta) for |x| < beta, 1 for x ≥ beta",
    latex=r"\operatorname{smelu}(x) = \begin{cases} 0 & x \le -\beta \\ \frac{(x + \beta)^2}{4 \beta} & |x| < \beta "
    r"\\ x & x \ge \beta \end{cases}",
    latex_slope=r"\operatorname{smelu}'(x) = \begin{cases} 0 & x \le -\beta \\ \frac{x + \beta}{2 \beta} & |x| < "
    r"\beta \\ 1 & x \ge \beta \end{cases}",
    parameters=(
        Parameter(
            name="beta",
            default=1.0,
            domain=Interval(low=0),
            learned=False,
            meaning="half the width of the bend; towards 0 it is ReLU",
        ),
    ),
    facts=facts,
    torch=None,
    backward_keeps="output",
    cost="Two comparisons, two additions and two multiplications per element: little more than ReLU.",
    used="Large recommendation and advertising models, where two trainings should give the same predictions.",
    advantages=(
        "Continuously differentiable and made of polynomials: smooth without an exponential.",
        "Two models trained alike come out more alike than with ReLU: a smooth loss has fewer ways to part.",
        "Exactly zero on the left and exactly x on the right, so it stays sparse and does not shrink what is large.",
        "Monotone, unlike SiLU and GELU.",
    ),
    disadvantages=(
        "One more number to choose: a wide bend makes models alike, a narrow one more accurate.",
        "Can die: a unit whose inputs are all below -beta gets no gradient.",
        "At zero it is beta / 4, not 0.",
        "Not scale-equivariant: the bend's width is fixed while weights grow.",
    ),
    alternatives=(
        Alternative(name="relu", when="it does not matter whether two trainings agree."),
        Alternative(name="softplus", when="it should be smooth to every order."),
        Alternative(name="silu", when="a smooth curve is wanted and monotonicity is not."),
    ),
    history=(
        "Published in 2020 by engineers of advertising systems, in which two copies of one model that disagree are "
        "a practical nuisance. The curve is a relative of the Huber loss: the derivative of either is a clamp."
    ),
    sources=(
        Source(
            citation=(
                "G. I. Shamir, D. Lin, L. Coviello (2020). Smooth activations and reproducibility in deep networks. "
                "arXiv:2010.09931."
            ),
            contribution="the function and its effect on reproducibility",
        ),
        Source(
            citation=(
                "G. I. Shamir, D. Lin (2022). Real world large scale recommendation systems reproducibility and smooth "
                "activations. arXiv:2202.06499."
            ),
            contribution="its use in production",
        ),
    ),
)
