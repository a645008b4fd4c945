"""GEGLU: a gated linear unit with GELU for its gate."""

from typing import Any

from rectifier.catalogue import gelu
from rectifier.catalogue._gate import facts_of_gated
from rectifier.catalogue._record import Activation, Alternative, Facts, Source


def formula(xp: Any, a: Any, b: Any) -> Any:
    return a * gelu.formula(xp, b)


def slope(xp: Any, a: Any, b: Any) -> tuple[Any, Any]:
    return gelu.formula(xp, b), a * gelu.slope(xp, b)


def facts() -> Facts:
    return facts_of_gated(gelu.facts())


definition = Activation(
    name="geglu",
    title="GEGLU",
    summary="Halves the inputs and multiplies the first half by the GELU of the second.",
    formula=formula,
    slope=slope,
    text="geglu(x) = a · gelu(b), with a and b the first and second half of x along an axis",
    text_slope="∂geglu/∂a = gelu(b), ∂geglu/∂b = a · gelu'(b)",
    latex=r"\operatorname{geglu}(a, b) = a \odot \operatorname{gelu}(b)",
    latex_slope=r"\frac{\partial}{\partial a} = \operatorname{gelu}(b),\quad "
    r"\frac{\partial}{\partial b} = a \odot \operatorname{gelu}'(b)",
    facts=facts,
    kind="gated",
    torch=None,
    backward_keeps="input",
    cost="One error function and two multiplications per output, and a matrix more in the layer before it.",
    used=(
        "Feed-forward layers of transformers: the later T5 models, Gemma, the attention blocks of Stable Diffusion. "
        "Here the gate is computed from the second half, as torch does for glu; the paper puts the GELU on the "
        "first, and so do many implementations; some use GELU's tanh form. When taking over weights, see which half "
        "was which."
    ),
    advantages=(
        "In transformers better than GELU alone at the same number of weights.",
        "The gate selects: what passes may depend on other features than what is passed on.",
        "Smooth, and no gate is closed for good.",
        "A gate has no upper bound, so it does not saturate when open.",
    ),
    disadvantages=(
        "Half of the inputs go into gates: for the same number of outputs the layer before needs twice the weights.",
        "Outputs grow as the product of two numbers: outliers are larger, which hurts in few-bit arithmetic.",
        "Costs an error function; implementations differ in which form of GELU they mean.",
        "Backward has to keep both halves.",
    ),
    alternatives=(
        Alternative(
            name="swiglu",
            when="it should be a little cheaper: in comparisons as good, and the more usual choice today.",
        ),
        Alternative(name="reglu", when="sparse activations or speed matter."),
        Alternative(name="gelu", when="the layer should have no gate."),
    ),
    history=(
        "One of the variants of GLU that were compared in transformers in 2020, where it and SwiGLU came out best."
    ),
    sources=(
        Source(
            citation="N. Shazeer (2020). GLU variants improve transformer. arXiv:2002.05202.",
            contribution="the function, and its comparison with other gates",
        ),
    ),
)
