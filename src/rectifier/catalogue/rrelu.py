"""RReLU after training: a leaky ReLU with the mean of the slopes drawn in training."""

from typing import Any

from rectifier.catalogue import leaky_relu
from rectifier.catalogue._record import Activation, Alternative, Facts, Interval, Parameter, Source


def formula(xp: Any, x: Any, lower: Any, upper: Any) -> Any:
    return leaky_relu.formula(xp, x, (lower + upper) / 2)


def slope(xp: Any, x: Any, lower: Any, upper: Any) -> Any:
    return leaky_relu.slope(xp, x, (lower + upper) / 2)


def facts(lower: float, upper: float) -> Facts:
    return leaky_relu.facts((lower + upper) / 2)


definition = Activation(
    name="rrelu",
    title="RReLU (randomised leaky ReLU)",
    summary="A leaky ReLU whose slope is drawn at random in training; this is the fixed form used afterwards.",
    formula=formula,
    slope=slope,
    text="rrelu(x) = x for x > 0, (lower + upper) / 2 · x for x ≤ 0",
    text_slope="rrelu'(x) = 1 for x > 0, (lower + upper) / 2 for x ≤ 0",
    latex=r"\operatorname{rrelu}(x) = \begin{cases} x & x > 0 \\ \frac{l + u}{2}\,x & x \le 0 \end{cases}",
    latex_slope=r"\operatorname{rrelu}'(x) = \begin{cases} 1 & x > 0 \\ \frac{l + u}{2} & x \le 0 \end{cases}",
    parameters=(
        Parameter(
            name="lower",
            default=1 / 8,
            domain=Interval(),
            learned=False,
            meaning="the smallest slope for negative inputs that is drawn in training",
        ),
        Parameter(
            name="upper",
            default=1 / 3,
            domain=Interval(),
            learned=False,
            meaning="the largest one",
        ),
    ),
    ordered=True,
    facts=facts,
    torch="torch.nn.functional.rrelu",
    backward_keeps="sign bit",
    cost="In this form that of a leaky ReLU. In training a random number per element besides.",
    used=(
        "Small image data sets, where the random slopes act as regularisation. It was made for a plankton "
        "classification contest."
    ),
    advantages=(
        "The random slopes of training are a mild noise that counters overfitting.",
        "Its slope is nowhere zero, so units do not die.",
        "No single slope has to be chosen, only a range of them.",
    ),
    disadvantages=(
        "Training and use compute different functions, and random numbers make training slower and harder to repeat.",
        "On large data sets the noise gains little.",
        "Backward has to keep the slope drawn for each element in training, not one bit of it.",
        "Its outputs are not sparse.",
    ),
    alternatives=(
        Alternative(name="leaky_relu", when="the slope may as well be fixed: 0.2 to 0.3 is near this one's mean."),
        Alternative(name="prelu", when="data is plentiful and the slope should be learned."),
        Alternative(name="relu", when="units do not die, and dropout or augmentation regularise already."),
    ),
    history=(
        "It appeared in the 2015 National Data Science Bowl on Kaggle and was compared with its relatives in the same "
        "year. There the slope was 1/a with a drawn from 3 to 8; torch draws the slope itself from 1/8 to 1/3."
    ),
    sources=(
        Source(
            citation=(
                "B. Xu, N. Wang, T. Chen, M. Li (2015). Empirical evaluation of rectified activations in "
                "convolutional network. arXiv:1505.00853."
            ),
            contribution="the description, the range of slopes, and the comparison",
        ),
    ),
)
