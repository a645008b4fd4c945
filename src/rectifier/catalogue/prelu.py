"""PReLU: a leaky ReLU that learns its leak."""

from rectifier.catalogue._record import Activation, Alternative, Interval, Parameter, Source
from rectifier.catalogue.leaky_relu import facts, formula, slope

definition = Activation(
    name="prelu",
    title="PReLU (parametric ReLU)",
    summary="A leaky ReLU whose slope for negative numbers is learned, one for all units or one per channel.",
    formula=formula,
    slope=slope,
    text="prelu(x) = x for x > 0, weight · x for x ≤ 0",
    text_slope="prelu'(x) = 1 for x > 0, weight for x ≤ 0",
    latex=r"\operatorname{prelu}(x) = \begin{cases} x & x > 0 \\ w\,x & x \le 0 \end{cases}",
    latex_slope=r"\operatorname{prelu}'(x) = \begin{cases} 1 & x > 0 \\ w & x \le 0 \end{cases}",
    parameters=(
        Parameter(
            name="weight",
            default=0.25,
            domain=Interval(),
            learned=True,
            meaning="the slope for negative inputs; one for all, or one for each channel (axis 1, or `axis`)",
        ),
    ),
    facts=facts,
    torch=None,  # torch's own takes the weight's axis to be axis 1, which is not how arrays broadcast
    backward_keeps="input",
    cost=(
        "One comparison and one multiplication per element; backward also sums the gradient of the weight, which needs "
        "the input itself."
    ),
    used="Image classification and super-resolution networks; wherever a leak helps and may be learned.",
    advantages=(
        "The network finds for each channel how much of the negative side it needs, for one number per channel.",
        "Units cannot die while the weight is not zero.",
        "It can become ReLU, the identity or an absolute value, whichever the loss prefers.",
    ),
    disadvantages=(
        "Backward has to keep the whole input, not one bit of it.",
        "More to overfit on small data sets.",
        "Weight decay on the weight pulls it to zero, that is to ReLU: leave it out of the decay.",
    ),
    alternatives=(
        Alternative(name="leaky_relu", when="data is scarce or memory tight: a fixed slope of 0.1 to 0.3 often does."),
        Alternative(name="relu", when="units do not die and sparse activations are wanted."),
        Alternative(name="elu", when="means near zero matter more than a learned slope."),
    ),
    history=(
        "Introduced together with He initialisation in 2015, in the first network reported to beat the error that a "
        "human annotator made on the ImageNet classification task. The slopes learned there were larger in the first "
        "layers than in the later ones."
    ),
    sources=(
        Source(
            citation=(
                "K. He, X. Zhang, S. Ren, J. Sun (2015). Delving deep into rectifiers: surpassing human-level "
                "performance on ImageNet classification. ICCV. arXiv:1502.01852."
            ),
            contribution="the function, its start value 0.25, the initialisation gain, the advice on weight decay",
        ),
    ),
)
