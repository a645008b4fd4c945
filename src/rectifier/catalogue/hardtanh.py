"""Hardtanh: numbers held between two bounds."""

from math import inf
from typing import Any

from rectifier.catalogue._gain import below, gain_of_mean_square, square_above
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Kink, Parameter, Source


def formula(xp: Any, x: Any, min_val: Any, max_val: Any) -> Any:
    return xp.where(x <= min_val, min_val, xp.where(x >= max_val, max_val, x))


def slope(xp: Any, x: Any, min_val: Any, max_val: Any) -> Any:
    return xp.where(x <= min_val, 0, xp.where(x >= max_val, 0, xp.where(x == x, 1, x)))  # x == x unless it is NaN


def mean_square(min_val: float, max_val: float) -> float:
    """E[f(z)^2] for a standard normal z: the two bounds, and what lies between."""
    between = square_above(min_val) - square_above(max_val)
    return min_val**2 * below(min_val) + max_val**2 * below(-max_val) + between


def facts(min_val: float, max_val: float) -> Facts:
    constant = min_val == max_val
    lower, upper = Kink(at=min_val, left=0, right=1, taken=0), Kink(at=max_val, left=1, right=0, taken=0)
    left, right = Interval(high=min_val, includes_high=True), Interval(low=max_val, includes_low=True)
    return Facts(
        range=Interval(low=min_val, high=max_val, includes_low=True, includes_high=True),
        monotonicity="non-decreasing",
        smoothness="infinitely differentiable" if constant else "continuous",
        kinks=() if constant else (lower, upper),
        saturation=(0, 0),
        zero_slope=(Interval(),) if constant else (left, right),
        lipschitz=0 if constant else 1,
        gain=gain_of_mean_square(min_val**2 if constant else mean_square(min_val, max_val)),
        edges=(
            Edge(at=-inf, value=min_val, slope=0),
            Edge(
                at=-0.0,
                value=min_val if min_val >= 0 else max_val if max_val <= 0 else -0.0,
                slope=1 if min_val < 0 < max_val else 0,
            ),
            Edge(at=inf, value=max_val, slope=0),
        ),
    )


definition = Activation(
    name="hardtanh",
    title="Hardtanh",
    summary="Lets numbers through between two bounds and holds the others at the nearer bound.",
    formula=formula,
    slope=slope,
    text="hardtanh(x) = min(max(x, min_val), max_val)",
    text_slope="hardtanh'(x) = 1 for min_val < x < max_val, 0 elsewhere",
    latex=r"\operatorname{hardtanh}(x) = \min(\max(x, m), M)",
    latex_slope=r"\operatorname{hardtanh}'(x) = \begin{cases} 1 & m < x < M \\ 0 & \text{elsewhere} \end{cases}",
    parameters=(
        Parameter(
            name="min_val",
            default=-1.0,
            domain=Interval(),
            learned=False,
            meaning="the lower bound",
        ),
        Parameter(
            name="max_val",
            default=1.0,
            domain=Interval(),
            learned=False,
            meaning="the upper bound",
        ),
    ),
    ordered=True,
    facts=facts,
    torch="torch.nn.functional.hardtanh",
    backward_keeps="one bit",
    cost="Two comparisons per element. On arrays larger than the cache it costs what ReLU does.",
    used=(
        "Networks with binary weights or activations, where its slope stands in for that of the sign; bounded actions "
        "in control; fixed-point hardware."
    ),
    advantages=(
        "Tanh's shape without an exponential; between the bounds it is the identity.",
        "Bounded, with bounds to choose, and centred if they are.",
        "Backward needs one bit per element.",
    ),
    disadvantages=(
        "Saturates completely: outside the bounds the slope is exactly zero, and a unit stuck there is dead.",
        "Two kinks, and two numbers that depend on the scale of the data.",
        "As a clamp on an output it hides from the gradient that the bound was passed.",
    ),
    alternatives=(
        Alternative(name="tanh", when="a gradient should remain outside the bounds."),
        Alternative(name="relu6", when="the bounds are 0 and 6."),
        Alternative(name="softsign", when="a bounded, smooth curve without an exponential is wanted."),
        Alternative(name="relu", when="only the lower bound is needed."),
    ),
    history=(
        "A cheap tanh for language processing and for hardware in the 2000s. Binary networks revived it in 2016 as the "
        "straight-through estimate of the sign's slope."
    ),
    sources=(
        Source(
            citation=(
                "R. Collobert, J. Weston, L. Bottou, M. Karlen, K. Kavukcuoglu, P. Kuksa (2011). Natural language "
                "processing (almost) from scratch. JMLR 12, 2493-2537."
            ),
            contribution="its use as a cheaper tanh",
        ),
        Source(
            citation=(
                "M. Courbariaux, I. Hubara, D. Soudry, R. El-Yaniv, Y. Bengio (2016). Binarized neural networks: "
                "training neural networks with weights and activations constrained to +1 or -1. arXiv:1602.02830."
            ),
            contribution="its slope in place of the sign's",
        ),
    ),
)
