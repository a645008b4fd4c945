"""GLU, the gated linear unit."""

from typing import Any

from rectifier.catalogue import sigmoid
from rectifier.catalogue._gate import facts_of_gated
from rectifier.catalogue._record import Activation, Alternative, Facts, Source


def formula(xp: Any, a: Any, b: Any) -> Any:
    return a * sigmoid.formula(xp, b)


def slope(xp: Any, a: Any, b: Any) -> tuple[Any, Any]:
    return sigmoid.formula(xp, b), a * sigmoid.slope(xp, b)


def facts() -> Facts:
    return facts_of_gated(sigmoid.facts())


definition = Activation(
    name="glu",
    title="GLU (gated linear unit)",
    summary="Halves the inputs and lets the sigmoid of the second half decide how much of the first passes.",
    formula=formula,
    slope=slope,
    text="glu(x) = a · sigmoid(b), with a and b the first and second half of x along an axis",
    text_slope="∂glu/∂a = sigmoid(b), ∂glu/∂b = a · sigmoid'(b)",
    latex=r"\operatorname{glu}(a, b) = a \odot \sigma(b)",
    latex_slope=r"\frac{\partial}{\partial a} = \sigma(b),\quad "
    r"\frac{\partial}{\partial b} = a \odot \sigma'(b)",
    facts=facts,
    kind="gated",
    torch="torch.nn.functional.glu",
    backward_keeps="input",
    cost="One exponential, one division and one multiplication per output, and a matrix more in the layer before it.",
    used=(
        "Convolutional language and speech models; the convolution modules of Conformer; tables (TabNet). Here the "
        "gate is computed from the second half, as torch does for glu; some papers and implementations gate with "
        "the first instead. When taking over weights, see which half was which."
    ),
    advantages=(
        "A linear path: where the gate is open the gradient passes the first half unshrunk.",
        "The gate selects: what passes may depend on other features than what is passed on.",
        "The gate lies between 0 and 1, so no output is larger than its first half.",
    ),
    disadvantages=(
        "Half of the inputs go into gates: for the same number of outputs the layer before needs twice the weights.",
        "Gates saturate: beyond |b| = 5 a gate hardly learns.",
        "At b = 0 the gate is only half open, so at initialisation the signal shrinks: its gain is 1.85.",
        "Backward has to keep both halves.",
    ),
    alternatives=(
        Alternative(
            name="swiglu",
            when="it is the feed-forward layer of a transformer: gates without an upper bound do better there.",
        ),
        Alternative(name="reglu", when="exponentials are too slow, or gates should close exactly."),
        Alternative(name="sigmoid", when="the gate multiplies something that is there already, as in an LSTM cell."),
    ),
    history=(
        "Introduced with convolutional language models in 2016, whose gates did what an LSTM's do, but without "
        "recurrence."
    ),
    sources=(
        Source(
            citation=(
                "Y. N. Dauphin, A. Fan, M. Auli, D. Grangier (2017). Language modeling with gated convolutional "
                "networks. ICML. arXiv:1612.08083."
            ),
            contribution="the function, and the argument about its linear path",
        ),
        Source(
            citation="N. Shazeer (2020). GLU variants improve transformer. arXiv:2002.05202.",
            contribution="its use in transformers, and its variants",
        ),
    ),
)
