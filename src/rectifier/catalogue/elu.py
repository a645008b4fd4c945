"""ELU, the exponential linear unit."""

from math import e, erfc, exp, inf, sqrt
from typing import Any

from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Kink, Parameter, Source


def formula(xp: Any, x: Any, alpha: Any) -> Any:
    # The inner selection keeps large positive numbers out of expm1: their infinite gradient times zero would be NaN.
    return xp.where(x > 0, x, alpha * xp.expm1(xp.where(x > 0, 0, x)))


def slope(xp: Any, x: Any, alpha: Any) -> Any:
    return xp.where(x > 0, 1, alpha * xp.exp(xp.where(x > 0, 0, x)))


def mean_square(alpha: float) -> float:
    """E[elu(z)^2] for a standard normal z.

    The positive side gives 1/2. On the negative side (e^z - 1)^2 = e^2z - 2 e^z + 1, and completing the square,
    E[e^kz; z < 0] = e^(k^2/2) P(z < -k).
    """

    def below(x: float) -> float:
        return erfc(-x / sqrt(2)) / 2

    return 0.5 + alpha**2 * (e**2 * below(-2) - 2 * exp(0.5) * below(-1) + 0.5)


def facts(alpha: float) -> Facts:
    flat, smooth = alpha == 0, alpha == 1
    return Facts(
        range=Interval(low=-alpha, includes_low=flat),
        monotonicity="non-decreasing" if flat else "strictly increasing",
        smoothness="continuously differentiable" if smooth else "continuous",
        kinks=() if smooth else (Kink(at=0, left=alpha, right=1, taken=alpha),),
        saturation=(0, 1),
        zero_slope=(Interval(high=0, includes_high=True),) if flat else (),
        lipschitz=max(1, alpha),
        gain=1 / sqrt(mean_square(alpha)),
        edges=(
            Edge(at=-inf, value=-alpha, slope=0),
            Edge(at=-0.0, value=-0.0, slope=alpha),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="elu",
    title="ELU (exponential linear unit)",
    summary="Lets positive numbers through and bends negative ones smoothly down to a floor at -alpha.",
    formula=formula,
    slope=slope,
    text="elu(x) = x for x > 0, alpha · (eˣ − 1) for x ≤ 0",
    text_slope="elu'(x) = 1 for x > 0, alpha · eˣ for x ≤ 0",
    latex=r"\operatorname{elu}(x) = \begin{cases} x & x > 0 \\ \alpha\,(e^x - 1) & x \le 0 \end{cases}",
    latex_slope=r"\operatorname{elu}'(x) = \begin{cases} 1 & x > 0 \\ \alpha\,e^x & x \le 0 \end{cases}",
    parameters=(
        Parameter(
            name="alpha",
            default=1.0,
            domain=Interval(low=0, includes_low=True),
            learned=False,
            meaning="how deep the floor on the negative side is; only with 1 does the slope not jump at zero",
        ),
    ),
    facts=facts,
    torch="torch.nn.functional.elu",
    backward_keeps="output",
    cost="One exponential per element, some 20 operations: several times ReLU's cost in the cache, less beyond it.",
    used="Networks without normalisation layers; regression and reinforcement learning, where a smooth slope helps.",
    advantages=(
        "Negative outputs bring the mean of the activations closer to zero, which acts a little like normalisation "
        "and speeds learning.",
        "With alpha = 1 the slope is continuous: there is no kink for the optimiser to step across.",
        "Saturates for very negative inputs, so outliers there do not carry on.",
    ),
    disadvantages=(
        "Needs an exponential.",
        "Its slope fades exponentially on the negative side: a unit pushed far down learns hardly more than a dead "
        "one.",
        "No exact zeros, so nothing is sparse.",
        "With batch normalisation after or before it, most of its advantage is gone.",
    ),
    alternatives=(
        Alternative(name="celu", when="alpha is not 1 and the slope should still not jump."),
        Alternative(name="relu", when="there is normalisation anyway, or every operation counts."),
        Alternative(name="leaky_relu", when="units are pushed far down and must come back: its slope does not fade."),
        Alternative(name="tanh", when="the output has to be bounded on both sides."),
    ),
    history="Published in 2015 as a rectifier that keeps activations near zero mean without normalisation layers.",
    sources=(
        Source(
            citation=(
                "D.-A. Clevert, T. Unterthiner, S. Hochreiter (2016). Fast and accurate deep network learning by "
                "exponential linear units (ELUs). ICLR. arXiv:1511.07289."
            ),
            contribution="the function and the argument about mean shifts",
        ),
    ),
)
