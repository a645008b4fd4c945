"""SwiGLU: a gated linear unit with SiLU (Swish) for its gate."""

from typing import Any

from rectifier.catalogue import silu
from rectifier.catalogue._gate import facts_of_gated
from rectifier.catalogue._record import Activation, Alternative, Facts, Source


def formula(xp: Any, a: Any, b: Any) -> Any:
    return a * silu.formula(xp, b)


def slope(xp: Any, a: Any, b: Any) -> tuple[Any, Any]:
    return silu.formula(xp, b), a * silu.slope(xp, b)


def facts() -> Facts:
    return facts_of_gated(silu.facts())


definition = Activation(
    name="swiglu",
    title="SwiGLU",
    summary="Halves the inputs and multiplies the first half by the SiLU of the second.",
    formula=formula,
    slope=slope,
    text="swiglu(x) = a · silu(b), with a and b the first and second half of x along an axis",
    text_slope="∂swiglu/∂a = silu(b), ∂swiglu/∂b = a · silu'(b)",
    latex=r"\operatorname{swiglu}(a, b) = a \odot \operatorname{silu}(b)",
    latex_slope=r"\frac{\partial}{\partial a} = \operatorname{silu}(b),\quad "
    r"\frac{\partial}{\partial b} = a \odot \operatorname{silu}'(b)",
    facts=facts,
    kind="gated",
    torch=None,
    backward_keeps="input",
    cost="One exponential, one division and two multiplications per output, and a matrix more in the layer before it.",
    used=(
        "Feed-forward layers of most large language models since 2022: PaLM, LLaMA and their successors. Here the "
        "gate is computed from the second half, as torch does for glu; the paper and LLaMA put the SiLU on the "
        "first. When taking over weights, see which half was which."
    ),
    advantages=(
        "In transformers better than GELU or ReLU alone at the same number of weights.",
        "The gate selects: what passes may depend on other features than what is passed on.",
        "Smooth, and no gate is closed for good.",
        "A gate has no upper bound, so it does not saturate when open.",
    ),
    disadvantages=(
        "Half of the inputs go into gates: for the same number of outputs the layer before needs twice the weights, "
        "so its width is usually cut to two thirds.",
        "Outputs grow as the product of two numbers: outliers are larger, which hurts in few-bit arithmetic.",
        "No exact zeros, so nothing is sparse.",
        "Backward has to keep both halves; computing the gate again is the usual way to save memory.",
    ),
    alternatives=(
        Alternative(name="geglu", when="a model in GELU's tradition is being followed: it is as good."),
        Alternative(name="reglu", when="sparse activations or speed matter."),
        Alternative(name="relu_squared", when="sparse activations are wanted without a third matrix."),
        Alternative(name="silu", when="the layer should have no gate."),
    ),
    history=(
        "One of the variants of GLU that were compared in transformers in 2020; the author offered no explanation "
        "for their success. PaLM and LLaMA made it the usual choice."
    ),
    sources=(
        Source(
            citation="N. Shazeer (2020). GLU variants improve transformer. arXiv:2002.05202.",
            contribution="the function, and its comparison with other gates",
        ),
        Source(
            citation=(
                "H. Touvron, T. Lavril, G. Izacard, X. Martinet, and others (2023). LLaMA: open and efficient "
                "foundation language models. arXiv:2302.13971."
            ),
            contribution="the use that made it common, with the width cut to two thirds",
        ),
    ),
)
