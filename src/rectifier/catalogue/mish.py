"""Mish: a number times the tanh of its softplus."""

from math import inf
from typing import Any

from rectifier.catalogue._gain import gain_by_quadrature
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Source
from rectifier.catalogue._special import from_below, product

# With w = e^x, tanh(log(1 + w)) = n / (n + 2) for n = w (w + 2). Nothing cancels there. For positive x both are divided
# by w^2, which leaves v = e^-x, so that no exponential overflows.


def formula(xp: Any, x: Any) -> Any:
    left, right = _fading(xp, x)
    n, m = left * (left + 2), 1 + 2 * right
    return product(xp, x, xp.where(x < 0, n / (n + 2), m / (m + 2 * right * right)))


def slope(xp: Any, x: Any) -> Any:
    left, right = _fading(xp, x)
    n, m = left * (left + 2), 1 + 2 * right
    below, above = n + 2, m + 2 * right * right
    share = xp.where(x < 0, n / below, m / above)
    # The share's own slope, (1 - tanh^2) times the sigmoid.
    bend = xp.where(x < 0, 4 * left * (1 + left) / below**2, 4 * right * right * (1 + right) / above**2)
    return from_below(xp, x, share + product(xp, x, bend))


def _fading(xp: Any, x: Any) -> tuple[Any, Any]:
    """e^x where x is negative and e^-x where it is not, each 1 elsewhere."""
    return xp.exp(xp.where(x < 0, x, 0)), xp.exp(-xp.where(x < 0, 0, x))


def facts() -> Facts:
    return Facts(
        # The minimum, at x = -1.19243..., and the steepest slope, at 1.49057..., were found numerically.
        range=Interval(low=-0.30884341301725042, includes_low=True),
        monotonicity="not monotone",
        smoothness="infinitely differentiable",
        saturation=(0, 1),
        lipschitz=1.0884981612517279,
        gain=gain_by_quadrature(formula),
        edges=(
            Edge(at=-inf, value=-0.0, slope=-0.0),
            Edge(at=-0.0, value=-0.0, slope=0.6),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="mish",
    title="Mish",
    summary="Weighs a number by the tanh of its softplus: a smooth ReLU with a dip below zero, much like SiLU.",
    formula=formula,
    slope=slope,
    text="mish(x) = x · tanh(softplus(x)), with softplus(x) = log(1 + eˣ)",
    text_slope="mish'(x) = t + x · (1 − t²) · sigmoid(x), with t = tanh(softplus(x))",
    latex=r"\operatorname{mish}(x) = x \tanh\bigl(\ln(1 + e^x)\bigr)",
    latex_slope=r"\operatorname{mish}'(x) = t + x\,(1 - t^2)\,\sigma(x),\quad t = \tanh\bigl(\ln(1 + e^x)\bigr)",
    facts=facts,
    torch="torch.nn.functional.mish",
    backward_keeps="input",
    cost=(
        "One exponential and one division per element if computed as a fraction of polynomials in the exponential; "
        "an exponential, a logarithm and a tanh if spelled as it is defined."
    ),
    used="Object detectors (YOLOv4 and its relatives); image classification where every tenth of a percent counts.",
    advantages=(
        "Smooth everywhere, close to ReLU far out.",
        "Its slope is zero at one point only, so a unit that has gone negative is not cut off for good.",
        "Bounded below; approaches the identity for positive inputs faster than SiLU does.",
    ),
    disadvantages=(
        "Naive code for it costs two to three times what SiLU does, for differences that often lie within the noise.",
        "Not monotone: it falls until x = -1.192 and rises from there.",
        "No exact zeros, so nothing is sparse, and backward has to keep the input.",
    ),
    alternatives=(
        Alternative(name="silu", when="the two are equally good, which is usual: it is simpler."),
        Alternative(name="gelu", when="a model in the transformers' tradition is being followed."),
        Alternative(name="relu", when="sparse activations or speed matter more than smoothness."),
    ),
    history="Published in 2019 after a search among relatives of Swish; YOLOv4 made it known in 2020.",
    sources=(
        Source(
            citation=(
                "D. Misra (2020). Mish: a self regularized non-monotonic activation function. BMVC. arXiv:1908.08681."
            ),
            contribution="the function and its comparison with many others",
        ),
        Source(
            citation=(
                "A. Bochkovskiy, C.-Y. Wang, H.-Y. M. Liao (2020). YOLOv4: optimal speed and accuracy of object "
                "detection. arXiv:2004.10934."
            ),
            contribution="its best-known use",
        ),
    ),
)
