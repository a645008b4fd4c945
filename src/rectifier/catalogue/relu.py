"""ReLU, the rectified linear unit."""

from math import inf, sqrt
from typing import Any

from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Kink, Source


def formula(xp: Any, x: Any) -> Any:
    # `x < 0` is false for NaN, which so comes through; `max` built on `x > 0` would lose it. At zero it is x |x|: the
    # same zero, sign included, but torch's gradient of it is 0, the slope taken there.
    zero = xp.where(x == 0, x, 0)
    return xp.where(x < 0, 0, xp.where(x == 0, zero * xp.abs(zero), x))


def slope(xp: Any, x: Any) -> Any:
    return xp.where(x > 0, 1, xp.where(x <= 0, 0, x))


def facts() -> Facts:
    return Facts(
        range=Interval(low=0, includes_low=True),
        monotonicity="non-decreasing",
        smoothness="continuous",
        kinks=(Kink(at=0, left=0, right=1, taken=0),),
        saturation=(0, 1),
        zero_slope=(Interval(high=0, includes_high=True),),
        lipschitz=1,
        # Half of the squares of a standard normal number are turned into zeros: E[relu(z)^2] = 1/2.
        gain=sqrt(2),
        edges=(
            Edge(at=-inf, value=0, slope=0),
            Edge(at=-0.0, value=-0.0, slope=0),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="relu",
    title="ReLU (rectified linear unit)",
    summary="Lets positive numbers through and turns negative ones into zero.",
    formula=formula,
    slope=slope,
    text="relu(x) = max(0, x)",
    text_slope="relu'(x) = 1 for x > 0, 0 for x ≤ 0",
    latex=r"\operatorname{relu}(x) = \max(0, x)",
    latex_slope=r"\operatorname{relu}'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}",
    facts=facts,
    integers=True,
    torch="torch.nn.functional.relu",
    backward_keeps="sign bit",
    cost="One comparison per element: the cheapest of all. On arrays larger than the cache, memory is the limit.",
    used=(
        "The default between the layers of convolutional and fully connected networks since about 2012. "
        "Newer transformers mostly use smooth relatives (GELU, SwiGLU) instead."
    ),
    advantages=(
        "Does not saturate for positive inputs: where a unit is active, its slope is 1 and the gradient passes "
        "unshrunk.",
        "Makes about half of all activations exactly zero at initialisation, which can be stored and computed "
        "sparsely.",
        "Cheap forward and backward; backward needs one bit per element.",
        "Scale-equivariant: relu(c x) = c relu(x) for c > 0, so the effect of a weight's scale is easy to follow.",
    ),
    disadvantages=(
        "Can die: a unit whose inputs are negative for every sample has slope zero everywhere and gets no "
        "gradient, so nothing brings it back. A high learning rate or a strongly negative bias does this.",
        "Its outputs are never negative, so their mean is above zero and shifts the inputs of the next layer.",
        "Unbounded above: activations can grow from layer to layer unless initialisation or normalisation hold them.",
        "Not differentiable at zero. In practice any slope from 0 to 1 works there; this one is 0.",
    ),
    alternatives=(
        Alternative(name="leaky_relu", when="units die: it costs next to nothing more and its slope is never zero."),
        Alternative(name="prelu", when="units die, data is plentiful, and the leak may as well be learned."),
        Alternative(name="elu", when="outputs should be centred near zero and there is no normalisation to do it."),
        Alternative(name="gelu", when="it is for a transformer, where smooth relatives are usual."),
        Alternative(name="sigmoid", when="the output is a probability or a gate, in the last layer or inside a cell."),
    ),
    history=(
        "Fukushima used it in 1969 as a model of vision. It became the standard after 2010, when it was seen to train "
        "deep networks without the pre-training that sigmoid and tanh needed."
    ),
    sources=(
        Source(
            citation=(
                "K. Fukushima (1969). Visual feature extraction by a multilayered network of analog threshold "
                "elements. IEEE Trans. Systems Science and Cybernetics 5(4), 322-333."
            ),
            contribution="the first use in a layered network",
        ),
        Source(
            citation=(
                "V. Nair, G. E. Hinton (2010). Rectified linear units improve restricted Boltzmann machines. ICML."
            ),
            contribution="the name, and the case for it in learning",
        ),
        Source(
            citation="X. Glorot, A. Bordes, Y. Bengio (2011). Deep sparse rectifier neural networks. AISTATS.",
            contribution="deep supervised training without pre-training; sparsity",
        ),
        Source(
            citation=("K. He, X. Zhang, S. Ren, J. Sun (2015). Delving deep into rectifiers. ICCV. arXiv:1502.01852."),
            contribution="the initialisation gain √2",
        ),
        Source(
            citation=(
                "L. Lu, Y. Shin, Y. Su, G. E. Karniadakis (2020). Dying ReLU and initialization. "
                "Communications in Computational Physics 28(5), 1671-1706. arXiv:1903.06733."
            ),
            contribution="how likely units are to be dead from the start",
        ),
    ),
)
