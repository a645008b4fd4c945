"""Leaky ReLU: a small slope where ReLU has none."""

from math import inf, nan, sqrt
from typing import Any

from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Kink, Parameter, Source


def formula(xp: Any, x: Any, negative_slope: Any) -> Any:
    # The inner selection keeps +inf out of the product, whose gradient with respect to the slope would be 0 * inf.
    return xp.where(x > 0, x, negative_slope * xp.where(x > 0, 0, x))


def slope(xp: Any, x: Any, negative_slope: Any) -> Any:
    return xp.where(x > 0, 1, xp.where(x <= 0, negative_slope, x))


def facts(negative_slope: float) -> Facts:
    s = negative_slope
    flat, falling, straight = s == 0, s < 0, s == 1
    return Facts(
        range=Interval(low=0, includes_low=True) if s <= 0 else Interval(),
        monotonicity="not monotone" if falling else "non-decreasing" if flat else "strictly increasing",
        smoothness="infinitely differentiable" if straight else "continuous",
        kinks=() if straight else (Kink(at=0, left=s, right=1, taken=s),),
        saturation=(s, 1),
        zero_slope=(Interval(high=0, includes_high=True),) if flat else (),
        lipschitz=max(1, abs(s)),
        # Each half of a standard normal number's squares counts 1/2: E[f(z)^2] = (1 + s^2) / 2.
        gain=sqrt(2 / (1 + s * s)),
        edges=(
            # 0 * -inf is not a number, and a slope of exactly zero is not treated apart.
            Edge(at=-inf, value=nan if flat else -s * inf, slope=s),
            Edge(at=-0.0, value=s * -0.0, slope=s),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="leaky_relu",
    title="Leaky ReLU",
    summary="Lets positive numbers through and shrinks negative ones by a constant factor.",
    formula=formula,
    slope=slope,
    text="leaky_relu(x) = x for x > 0, negative_slope · x for x ≤ 0",
    text_slope="leaky_relu'(x) = 1 for x > 0, negative_slope for x ≤ 0",
    latex=r"\operatorname{leaky\_relu}(x) = \begin{cases} x & x > 0 \\ s\,x & x \le 0 \end{cases}",
    latex_slope=r"\operatorname{leaky\_relu}'(x) = \begin{cases} 1 & x > 0 \\ s & x \le 0 \end{cases}",
    parameters=(
        Parameter(
            name="negative_slope",
            default=0.01,
            domain=Interval(),
            learned=False,
            meaning="the slope for negative inputs; 0 gives ReLU, 1 the identity",
        ),
    ),
    facts=facts,
    torch="torch.nn.functional.leaky_relu",
    backward_keeps="sign bit",
    cost="One comparison and one multiplication per element. On arrays larger than the cache it costs what ReLU does.",
    used=(
        "Where ReLU units die; in the discriminators of generative adversarial networks (often with slope 0.2); in "
        "the YOLO family of detectors (slope 0.1)."
    ),
    advantages=(
        "Its slope is never zero (unless asked for), so a unit that has gone negative for every sample still learns "
        "and can come back.",
        "Keeps ReLU's good sides: no saturation, scale-equivariance, hardly any cost, one bit per element kept for "
        "backward.",
        "Being invertible for a positive slope, it loses no information.",
    ),
    disadvantages=(
        "Its outputs are not sparse: there are no exact zeros to skip or to pack.",
        "One more number to choose. 0.01 is often too close to ReLU to differ; 0.1 to 0.3 often works better.",
        "With slope 0.01 a unit on the negative side learns a hundred times slower: it recovers, but not quickly.",
    ),
    alternatives=(
        Alternative(name="relu", when="units do not die: it is simpler, sparse, and the usual baseline."),
        Alternative(name="prelu", when="the slope should be learned per channel rather than chosen."),
        Alternative(name="elu", when="large negative inputs should saturate, which is less sensitive to outliers."),
    ),
    history=(
        "Proposed for speech recognition in 2013, to let gradient through inactive units; there it trained faster but "
        "ended no better than ReLU. Later comparisons on images favoured larger slopes."
    ),
    sources=(
        Source(
            citation=(
                "A. L. Maas, A. Y. Hannun, A. Y. Ng (2013). Rectifier nonlinearities improve neural network acoustic "
                "models. ICML Workshop on Deep Learning for Audio, Speech and Language Processing."
            ),
            contribution="the function, with slope 0.01",
        ),
        Source(
            citation=(
                "B. Xu, N. Wang, T. Chen, M. Li (2015). Empirical evaluation of rectified activations in "
                "convolutional network. arXiv:1505.00853."
            ),
            contribution="larger slopes compared with ReLU, PReLU and random slopes",
        ),
        Source(
            citation=("K. He, X. Zhang, S. Ren, J. Sun (2015). Delving deep into rectifiers. ICCV. arXiv:1502.01852."),
            contribution="the initialisation gain",
        ),
    ),
)
