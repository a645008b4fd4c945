"""GELU, the Gaussian error linear unit."""

from math import inf, pi, sqrt
from typing import Any

from rectifier.catalogue._gain import below, density
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Source
from rectifier.catalogue._special import from_below, normal_cdf, normal_density, product


def formula(xp: Any, x: Any) -> Any:
    return product(xp, x, normal_cdf(xp, x))


def slope(xp: Any, x: Any) -> Any:
    return from_below(xp, x, normal_cdf(xp, x) + product(xp, x, normal_density(xp, x)))


def facts() -> Facts:
    return Facts(
        # The minimum lies at x = -0.75179..., where the slope is zero.
        range=Interval(low=-0.1699712074799037, includes_low=True),
        monotonicity="not monotone",
        smoothness="infinitely differentiable",
        saturation=(0, 1),
        # The second derivative, (2 - x^2) times the density, is zero at √2.
        lipschitz=below(sqrt(2)) + sqrt(2) * density(sqrt(2)),
        # By parts, E[z^2 Phi(z)^2] = E[Phi^2] + 2 E[z Phi phi] = 1/3 + 1 / (2 √3 π).
        gain=1 / sqrt(1 / 3 + 1 / (2 * sqrt(3) * pi)),
        edges=(
            Edge(at=-inf, value=-0.0, slope=-0.0),
            Edge(at=-0.0, value=-0.0, slope=0.5),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="gelu",
    title="GELU (Gaussian error linear unit)",
    summary="Weighs a number by the chance that a standard normal one is smaller: a smooth ReLU with a small dip.",
    formula=formula,
    slope=slope,
    text="gelu(x) = x · Φ(x), with Φ(x) = (1 + erf(x / √2)) / 2",
    text_slope="gelu'(x) = Φ(x) + x · φ(x), with φ(x) = e^(−x²/2) / √(2π)",
    latex=r"\operatorname{gelu}(x) = x\,\Phi(x) = \tfrac{x}{2}\left(1 + \operatorname{erf}\tfrac{x}{\sqrt 2}\right)",
    latex_slope=r"\operatorname{gelu}'(x) = \Phi(x) + x\,\varphi(x)",
    facts=facts,
    torch="torch.nn.functional.gelu",
    backward_keeps="input",
    cost="An error function per element forward, an exponential more backward: many times ReLU's cost in the cache.",
    used="Transformers: BERT, GPT, vision transformers and most of their relatives; ConvNeXt.",
    advantages=(
        "Smooth everywhere, close to ReLU far out: small inputs are damped rather than cut off.",
        "Its slope is zero at one point only, so a unit that has gone negative is not cut off for good.",
        "Bounded below: very negative inputs give nearly nothing.",
        "Well tried: much of what is published on transformers used it.",
    ),
    disadvantages=(
        "Costs an error function; the tanh form is cheaper, and slightly different.",
        "Not monotone: two inputs can give the same output, and below -0.75 its slope is negative.",
        "Its slope fades quickly for negative inputs: at -3 it is about -0.01.",
        "No exact zeros, so nothing is sparse, and backward has to keep the input.",
        "Two forms are in use under one name, and checkpoints depend on which.",
    ),
    alternatives=(
        Alternative(name="gelu_tanh", when="a checkpoint was trained with the tanh form, as GPT-2 was."),
        Alternative(name="silu", when="it should be a little cheaper: nearly the same curve with a sigmoid."),
        Alternative(
            name="geglu", when="a transformer's feed-forward layer may have a gate, which usually does better."
        ),
        Alternative(name="relu", when="sparse activations or speed matter more than the last bit of accuracy."),
    ),
    history=(
        "Proposed in 2016 as the expected value of a random gate that lets x through with chance Φ(x). BERT and GPT "
        "made it the transformer's usual activation."
    ),
    sources=(
        Source(
            citation="D. Hendrycks, K. Gimpel (2016). Gaussian error linear units (GELUs). arXiv:1606.08415.",
            contribution="the function, its reading as a random gate, and its approximations",
        ),
        Source(
            citation=(
                "J. Devlin, M.-W. Chang, K. Lee, K. Toutanova (2019). BERT: pre-training of deep bidirectional "
                "transformers for language understanding. NAACL. arXiv:1810.04805."
            ),
            contribution="the use that made it common",
        ),
    ),
)
