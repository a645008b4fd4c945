"""Hardsigmoid: a sigmoid from three straight pieces."""

from math import inf
from typing import Any

from rectifier.catalogue import hardtanh
from rectifier.catalogue._gain import gain_by_quadrature
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Kink, Source


def formula(xp: Any, x: Any) -> Any:
    return (hardtanh.formula(xp, x, -3, 3) + 3) / 6


def slope(xp: Any, x: Any) -> Any:
    return hardtanh.slope(xp, x, -3, 3) / 6


def facts() -> Facts:
    return Facts(
        range=Interval(low=0, high=1, includes_low=True, includes_high=True),
        monotonicity="non-decreasing",
        smoothness="continuous",
        kinks=(Kink(at=-3, left=0, right=1 / 6, taken=0), Kink(at=3, left=1 / 6, right=0, taken=0)),
        saturation=(0, 0),
        zero_slope=(Interval(high=-3, includes_high=True), Interval(low=3, includes_low=True)),
        lipschitz=1 / 6,
        gain=gain_by_quadrature(formula, breaks=(-3, 3)),
        edges=(
            Edge(at=-inf, value=0, slope=0),
            Edge(at=-0.0, value=0.5, slope=1 / 6),
            Edge(at=inf, value=1, slope=0),
        ),
    )


definition = Activation(
    name="hardsigmoid",
    title="Hardsigmoid",
    summary="A sigmoid from three straight pieces: 0 up to -3, 1 from 3 on, a line between.",
    formula=formula,
    slope=slope,
    text="hardsigmoid(x) = relu6(x + 3) / 6",
    text_slope="hardsigmoid'(x) = 1/6 for −3 < x < 3, 0 elsewhere",
    latex=r"\operatorname{hardsigmoid}(x) = \tfrac16 \min(\max(0, x + 3), 6)",
    latex_slope=r"\operatorname{hardsigmoid}'(x) = \begin{cases} \frac16 & -3 < x < 3 \\ 0 & \text{elsewhere} "
    r"\end{cases}",
    facts=facts,
    torch=None,  # torch's own has no second derivative, and its first is 1/6 of float32 even in float64
    backward_keeps="one bit",
    cost="Two comparisons, an addition and a multiplication per element: little more than ReLU.",
    used="Channel attention in networks for phones (MobileNetV3), and gates where an exponential is too slow.",
    advantages=(
        "No exponential, no division: cheap, and exact in low-precision arithmetic.",
        "Reaches 0 and 1 exactly, so that a gate can close and open fully.",
        "Backward needs one bit per element.",
    ),
    disadvantages=(
        "Beyond -3 and 3 the slope is exactly zero: a gate stuck there gets no gradient.",
        "A coarse likeness: up to 0.07 from the sigmoid.",
        "Not a probability in the sigmoid's sense: x is no logarithm of odds, and log(0) is near.",
        "Other libraries use other pieces under the same name: Keras long had 0.2 x + 0.5, BinaryConnect (x + 1) / 2.",
    ),
    alternatives=(
        Alternative(name="sigmoid", when="the output is a probability, or an exponential is affordable."),
        Alternative(name="hardtanh", when="the output should be centred on zero, or the bounds others."),
    ),
    history=(
        "Piecewise linear sigmoids are as old as neural network hardware. In 2015 one was used to turn weights into "
        "the chances of being +1; the form with relu6 became usual with MobileNetV3 in 2019."
    ),
    sources=(
        Source(
            citation=(
                "M. Courbariaux, Y. Bengio, J.-P. David (2015). BinaryConnect: training deep neural networks with "
                "binary weights during propagations. NIPS. arXiv:1511.00363."
            ),
            contribution="a hard sigmoid, with other slopes, in place of a soft one",
        ),
        Source(
            citation=(
                "A. Howard, M. Sandler, G. Chu, L.-C. Chen, B. Chen, M. Tan, W. Wang, Y. Zhu, R. Pang, V. Vasudevan, "
                "Q. V. Le, H. Adam (2019). Searching for MobileNetV3. ICCV. arXiv:1905.02244."
            ),
            contribution="this form of it",
        ),
    ),
)
