"""ReLU6: a rectifier with a ceiling."""

from math import inf
from typing import Any

from rectifier.catalogue import relu
from rectifier.catalogue._gain import below, gain_of_mean_square, square_above
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Kink, Source


def formula(xp: Any, x: Any) -> Any:
    return xp.where(x >= 6, 6, relu.formula(xp, x))


def slope(xp: Any, x: Any) -> Any:
    return xp.where(x >= 6, 0, relu.slope(xp, x))


def facts() -> Facts:
    return Facts(
        range=Interval(low=0, high=6, includes_low=True, includes_high=True),
        monotonicity="non-decreasing",
        smoothness="continuous",
        kinks=(Kink(at=0, left=0, right=1, taken=0), Kink(at=6, left=1, right=0, taken=0)),
        saturation=(0, 0),
        zero_slope=(Interval(high=0, includes_high=True), Interval(low=6, includes_low=True)),
        lipschitz=1,
        # A standard normal number is hardly ever above 6: this is ReLU's √2 to eight digits.
        gain=gain_of_mean_square(square_above(0) - square_above(6) + 36 * below(-6)),
        edges=(
            Edge(at=-inf, value=0, slope=0),
            Edge(at=-0.0, value=-0.0, slope=0),
            Edge(at=inf, value=6, slope=0),
        ),
    )


definition = Activation(
    name="relu6",
    title="ReLU6",
    summary="ReLU with a ceiling: what is above 6 becomes 6.",
    formula=formula,
    slope=slope,
    text="relu6(x) = min(max(0, x), 6)",
    text_slope="relu6'(x) = 1 for 0 < x < 6, 0 elsewhere",
    latex=r"\operatorname{relu6}(x) = \min(\max(0, x), 6)",
    latex_slope=r"\operatorname{relu6}'(x) = \begin{cases} 1 & 0 < x < 6 \\ 0 & \text{elsewhere} \end{cases}",
    facts=facts,
    integers=True,
    torch="torch.nn.functional.relu6",
    backward_keeps="one bit",
    cost="Two comparisons per element. On arrays larger than the cache it costs what ReLU does.",
    used=(
        "Convolutional networks for phones (the first two MobileNet generations and their descendants), above all "
        "those that are run with 8-bit integers afterwards."
    ),
    advantages=(
        "Its outputs lie between 0 and 6, a range known in advance: few bits represent it evenly.",
        "Bounded, so no activation runs away, which also keeps float16 from overflowing.",
        "As cheap and as sparse as ReLU; backward needs one bit per element.",
    ),
    disadvantages=(
        "Can die at both ends: a unit stuck below 0 or above 6 gets no gradient.",
        "The ceiling 6 is fixed, whatever the scale of the data; with normalisation before it, it is rarely reached.",
        "Not scale-equivariant: how much is cut off depends on the scale of the weights.",
        "Its outputs are never negative, so their mean is above zero.",
    ),
    alternatives=(
        Alternative(name="relu", when="the network is not meant for few-bit arithmetic: there is nothing to bound."),
        Alternative(name="hardtanh", when="the bounds should be others, or lie on both sides of zero."),
        Alternative(name="hardswish", when="a phone's network may cost a little more and be a little more accurate."),
    ),
    history=(
        "Krizhevsky capped ReLU at 6 in 2010, in convolutional deep belief networks on small images, where it helped "
        "to learn sparse features early. MobileNets took it up in 2017 for low-precision arithmetic."
    ),
    sources=(
        Source(
            citation=(
                "A. Krizhevsky (2010). Convolutional deep belief networks on CIFAR-10. Unpublished manuscript, "
                "University of Toronto."
            ),
            contribution="the function and the number 6",
        ),
        Source(
            citation=(
                "M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L.-C. Chen (2018). MobileNetV2: inverted residuals and "
                "linear bottlenecks. CVPR. arXiv:1801.04381."
            ),
            contribution="its use for the sake of low-precision computation",
        ),
    ),
)
