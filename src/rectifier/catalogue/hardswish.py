"""Hardswish: SiLU from straight lines and a parabola."""

from math import inf
from typing import Any

from rectifier.catalogue import hardtanh
from rectifier.catalogue._gain import gain_by_quadrature
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Kink, Source


def formula(xp: Any, x: Any) -> Any:
    inside = hardtanh.formula(xp, x, -3, 3)
    # On the left it is -0.0, as a negative number times zero is.
    return xp.where(x <= -3, -0.0, xp.where(x >= 3, x, inside * (inside + 3) / 6))


def slope(xp: Any, x: Any) -> Any:
    return xp.where(x <= -3, 0, xp.where(x >= 3, 1, (2 * hardtanh.formula(xp, x, -3, 3) + 3) / 6))


def facts() -> Facts:
    return Facts(
        range=Interval(low=-0.375, includes_low=True),  # the bottom of the parabola, at -3/2
        monotonicity="not monotone",
        smoothness="continuous",
        # Taken are the slopes of the straight sides, as torch does.
        kinks=(Kink(at=-3, left=0, right=-0.5, taken=0), Kink(at=3, left=1.5, right=1, taken=1)),
        saturation=(0, 1),
        zero_slope=(Interval(high=-3, includes_high=True),),
        lipschitz=1.5,
        gain=gain_by_quadrature(formula, breaks=(-3, 3)),
        edges=(
            # torch computes NaN at -∞, from -∞ times 0; here it is the limit.
            Edge(at=-inf, value=-0.0, slope=0),
            Edge(at=-0.0, value=-0.0, slope=0.5),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="hardswish",
    title="Hardswish",
    summary="SiLU with its sigmoid replaced by straight pieces: zero, a parabola with a dip, then x itself.",
    formula=formula,
    slope=slope,
    text="hardswish(x) = x · relu6(x + 3) / 6",
    text_slope="hardswish'(x) = 0 for x ≤ −3, (2x + 3) / 6 for −3 < x < 3, 1 for x ≥ 3",
    latex=r"\operatorname{hardswish}(x) = \tfrac{x}{6}\,\min(\max(0, x + 3), 6)",
    latex_slope=r"\operatorname{hardswish}'(x) = \begin{cases} 0 & x \le -3 \\ \frac{2x + 3}{6} & -3 < x < 3 \\ "
    r"1 & x \ge 3 \end{cases}",
    facts=facts,
    torch="torch.nn.functional.hardswish",
    backward_keeps="input",
    cost="A few comparisons, an addition and two multiplications per element: little more than ReLU.",
    used="Convolutional networks for phones: MobileNetV3 and its descendants, in their later, narrower layers.",
    advantages=(
        "Close to SiLU without an exponential.",
        "Exact in low-precision arithmetic, where a sigmoid has to be looked up or approximated.",
        "Exactly zero below -3 and exactly x above 3.",
    ),
    disadvantages=(
        "Can die: a unit whose inputs are all below -3 gets no gradient.",
        "Its slope jumps by 1/2 at -3 and at 3.",
        "Its slope reaches 1.5, half as much again as ReLU's, and is negative between -3 and -3/2.",
        "Backward has to keep the input.",
    ),
    alternatives=(
        Alternative(name="silu", when="an exponential is cheap, as on servers: it is what this imitates."),
        Alternative(name="relu6", when="as little as possible may be spent and bounded outputs help."),
        Alternative(name="relu", when="memory traffic is the limit: it does as well in early, wide layers."),
    ),
    history=(
        "Designed for MobileNetV3 in 2019, whose architecture was partly found by search: Swish helped there, but its "
        "sigmoid was too slow on phones."
    ),
    sources=(
        Source(
            citation=(
                "A. Howard, M. Sandler, G. Chu, L.-C. Chen, B. Chen, M. Tan, W. Wang, Y. Zhu, R. Pang, V. Vasudevan, "
                "Q. V. Le, H. Adam (2019). Searching for MobileNetV3. ICCV. arXiv:1905.02244."
            ),
            contribution="the function and where in a network it pays",
        ),
    ),
)
