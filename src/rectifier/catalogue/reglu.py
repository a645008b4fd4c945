"""ReGLU: a gated linear unit with ReLU for its gate."""

from typing import Any

from rectifier.catalogue import relu
from rectifier.catalogue._gate import facts_of_gated
from rectifier.catalogue._record import Activation, Alternative, Facts, Source


def formula(xp: Any, a: Any, b: Any) -> Any:
    return a * relu.formula(xp, b)


def slope(xp: Any, a: Any, b: Any) -> tuple[Any, Any]:
    return relu.formula(xp, b), a * relu.slope(xp, b)


def facts() -> Facts:
    return facts_of_gated(relu.facts())


definition = Activation(
    name="reglu",
    title="ReGLU",
    summary="Halves the inputs and multiplies the first half by the ReLU of the second.",
    formula=formula,
    slope=slope,
    text="reglu(x) = a · relu(b), with a and b the first and second half of x along an axis",
    text_slope="∂reglu/∂a = relu(b), ∂reglu/∂b = a · relu'(b)",
    latex=r"\operatorname{reglu}(a, b) = a \odot \operatorname{relu}(b)",
    latex_slope=r"\frac{\partial}{\partial a} = \operatorname{relu}(b),\quad "
    r"\frac{\partial}{\partial b} = a \odot \operatorname{relu}'(b)",
    facts=facts,
    kind="gated",
    torch=None,
    backward_keeps="input",
    cost="One comparison and one multiplication per output, and a matrix more in the layer before it.",
    used=(
        "Feed-forward layers of transformers where sparse activations are wanted. Here the gate is computed from "
        "the second half, as torch does for glu; the paper and many implementations put the ReLU on the first. When "
        "taking over weights, see which half was which."
    ),
    advantages=(
        "Sparse: at initialisation half of the outputs are exactly zero, and with them half of both gradients.",
        "No exponential: the cheapest of the gated members.",
        "The gate selects: what passes may depend on other features than what is passed on.",
        "In comparisons of transformers close to GEGLU and SwiGLU.",
    ),
    disadvantages=(
        "Half of the inputs go into gates: for the same number of outputs the layer before needs twice the weights.",
        "A unit whose gate is closed for every sample is dead in both halves: neither gets a gradient.",
        "Outputs grow as the product of two numbers, so outliers are larger than without a gate.",
        "Backward has to keep both halves.",
    ),
    alternatives=(
        Alternative(name="swiglu", when="gates should not die and an exponential is affordable."),
        Alternative(name="geglu", when="a model in GELU's tradition is being followed."),
        Alternative(
            name="relu_squared",
            when="sparse activations are wanted without a third matrix: it is ReGLU of two equal halves.",
        ),
        Alternative(name="relu", when="the layer should have no gate."),
    ),
    history=(
        "One of the variants of GLU that were compared in transformers in 2020. It came back into use when sparse "
        "activations were sought for faster language models."
    ),
    sources=(
        Source(
            citation="N. Shazeer (2020). GLU variants improve transformer. arXiv:2002.05202.",
            contribution="the function, and its comparison with other gates",
        ),
    ),
)
