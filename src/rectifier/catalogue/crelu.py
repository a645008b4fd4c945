"""CReLU: the positive and the negative part, side by side."""

from math import inf, sqrt
from typing import Any

from rectifier.catalogue import relu
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Kink, Source


def formula(xp: Any, x: Any) -> tuple[Any, Any]:
    # Positive numbers are not negated: that way it holds for unsigned integers too.
    return relu.formula(xp, x), xp.where(x > 0, 0, relu.formula(xp, -xp.where(x > 0, 0, x)))


def slope(xp: Any, x: Any) -> tuple[Any, Any]:
    return relu.slope(xp, x), xp.where(x < 0, -1, xp.where(x >= 0, 0, x))


def facts() -> Facts:
    return Facts(
        range=Interval(low=0, includes_low=True),
        monotonicity="not monotone",  # the first half rises, the second falls
        smoothness="continuous",
        kinks=(Kink(at=0, left=0, right=1, taken=0),),
        saturation=(0, 1),
        zero_slope=(),  # where one half is flat the other is not
        lipschitz=1,
        # Each square of a standard normal number lands in one of two outputs: their mean square is 1/2.
        gain=sqrt(2),
        edges=(
            Edge(at=-inf, value=0, slope=0),
            Edge(at=-0.0, value=-0.0, slope=0),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="crelu",
    title="CReLU (concatenated ReLU)",
    summary="Keeps positive and negative parts apart: ReLU of x, then ReLU of -x, twice as many outputs.",
    formula=formula,
    slope=slope,
    text="crelu(x) = [relu(x), relu(−x)], joined along an axis",
    text_slope="crelu'(x) = [1 for x > 0, else 0; −1 for x < 0, else 0]",
    latex=r"\operatorname{crelu}(x) = \bigl[\max(0, x),\ \max(0, -x)\bigr]",
    latex_slope=r"\operatorname{crelu}'(x) = \bigl[\mathbf{1}_{x > 0},\ -\mathbf{1}_{x < 0}\bigr]",
    facts=facts,
    integers=True,
    kind="concatenated",
    torch=None,
    backward_keeps="sign bit",
    cost="Two comparisons per element, and twice as much memory to write as ReLU: there lies its cost.",
    used=(
        "Early layers of convolutional networks, whose filters tend to come in pairs of opposite sign; reinforcement "
        "learning that goes on through changing tasks."
    ),
    advantages=(
        "Loses nothing: x is the difference of the two halves.",
        "No unit can die: where one half has slope zero the other has not.",
        "Keeps the length of the input as a vector, and is scale-equivariant.",
        "Half as many filters do where filters would have come in pairs.",
    ),
    disadvantages=(
        "Twice the outputs: the next layer has twice the weights for each unit before, unless units are halved.",
        "Half of the outputs are zero, always.",
        "The layer's shape changes, so it cannot simply take ReLU's place in a model.",
        "In later layers, where filters do not come in pairs, it gains little.",
    ),
    alternatives=(
        Alternative(name="relu", when="the number of outputs must not change, or filters do not come in pairs."),
        Alternative(name="leaky_relu", when="nothing should be lost or die, at the same number of outputs."),
        Alternative(name="prelu", when="how much of the negative part to keep should be learned."),
    ),
    history=(
        "Published in 2016, after it was seen that the first layers' filters in trained networks pair up as opposites, "
        "as though each wanted to keep both signs. In 2023 it was found to help networks that otherwise stop learning "
        "when tasks change."
    ),
    sources=(
        Source(
            citation=(
                "W. Shang, K. Sohn, D. Almeida, H. Lee (2016). Understanding and improving convolutional neural "
                "networks via concatenated rectified linear units. ICML. arXiv:1603.05201."
            ),
            contribution="the function and the observation behind it",
        ),
        Source(
            citation=(
                "Z. Abbas, R. Zhao, J. Modayil, A. White, M. C. Machado (2023). Loss of plasticity in continual deep "
                "reinforcement learning. CoLLAs. arXiv:2303.07507."
            ),
            contribution="its use against the loss of plasticity",
        ),
    ),
)
