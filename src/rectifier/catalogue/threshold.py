"""Threshold: numbers above it pass, all others become one value."""

from math import inf
from typing import Any

from rectifier.catalogue._gain import below, gain_of_mean_square, square_above
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Kink, Parameter, Source


def formula(xp: Any, x: Any, threshold: Any, value: Any) -> Any:
    return xp.where(x > threshold, x, xp.where(x <= threshold, value, x))  # the last x is a NaN


def slope(xp: Any, x: Any, threshold: Any, value: Any) -> Any:
    return xp.where(x > threshold, 1, xp.where(x <= threshold, 0, x))


def facts(threshold: float, value: float) -> Facts:
    joined = value == threshold
    return Facts(
        range=Interval(low=min(threshold, value), includes_low=value <= threshold),
        monotonicity="non-decreasing" if value <= threshold else "not monotone",
        smoothness="continuous" if joined else "discontinuous",
        jumps=() if joined else (threshold,),
        kinks=(Kink(at=threshold, left=0, right=1, taken=0),),
        saturation=(0, 1),
        zero_slope=(Interval(high=threshold, includes_high=True),),
        lipschitz=1 if joined else inf,
        gain=gain_of_mean_square(value**2 * below(threshold) + square_above(threshold)),
        edges=(
            Edge(at=-inf, value=value, slope=0),
            Edge(at=-0.0, value=-0.0 if threshold < 0 else value, slope=1 if threshold < 0 else 0),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="threshold",
    title="Threshold",
    summary="Lets numbers above a threshold through and replaces all others by one value.",
    formula=formula,
    slope=slope,
    text="threshold(x) = x for x > threshold, value for x ≤ threshold",
    text_slope="threshold'(x) = 1 for x > threshold, 0 for x ≤ threshold",
    latex=r"\operatorname{threshold}(x) = \begin{cases} x & x > \theta \\ v & x \le \theta \end{cases}",
    latex_slope=r"\operatorname{threshold}'(x) = \begin{cases} 1 & x > \theta \\ 0 & x \le \theta \end{cases}",
    parameters=(
        Parameter(
            name="threshold",
            default=0.0,
            domain=Interval(),
            learned=False,
            meaning="what a number must exceed to pass",
        ),
        Parameter(
            name="value",
            default=0.0,
            domain=Interval(),
            learned=False,
            meaning="what the others become; if it is not the threshold itself, the function jumps there",
        ),
    ),
    facts=facts,
    torch="torch.nn.functional.threshold",
    backward_keeps="one bit",
    cost="One comparison per element: what ReLU costs.",
    used=(
        "Autoencoders with zero bias, as a rectifier that ignores small activations; suppressing noise below a known "
        "level. With the defaults it is ReLU (but for -0.0, which becomes 0.0)."
    ),
    advantages=(
        "What passes keeps its full value: unlike a negative bias before ReLU, the threshold does not shrink it.",
        "With a threshold above zero, sparser than ReLU.",
        "As cheap as ReLU; backward needs one bit per element.",
    ),
    disadvantages=(
        "Unless value equals threshold the function jumps, and no gradient tells of the jump.",
        "Can die: a unit whose inputs all lie at or below the threshold gets no gradient.",
        "No gradient reaches the threshold, so it cannot be learned by descent.",
        "The threshold depends on the scale of the data.",
    ),
    alternatives=(
        Alternative(name="relu", when="threshold and value are 0: it says what is meant."),
        Alternative(name="softshrink", when="small numbers of both signs should go, without a jump."),
        Alternative(name="hardshrink", when="small numbers of both signs should go, and large ones keep their value."),
    ),
    history=(
        "A layer of the Torch library from early on, which computed its ReLU with it. Thresholds above zero were "
        "studied in 2014, for autoencoders that learn without biases."
    ),
    sources=(
        Source(
            citation=(
                "K. Konda, R. Memisevic, D. Krueger (2015). Zero-bias autoencoders and the benefits of co-adapting "
                "features. ICLR. arXiv:1402.3337."
            ),
            contribution="thresholds above zero with value 0, as truncated rectified units",
        ),
    ),
)
