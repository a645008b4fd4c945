"""Softshrink: every number moves towards zero by lambd and stops there."""

from math import inf
from typing import Any

from rectifier.catalogue import hardshrink
from rectifier.catalogue._gain import below, density, gain_of_mean_square
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Parameter, Source


def formula(xp: Any, x: Any, lambd: Any) -> Any:
    # What is left is zero, or a NaN.
    return xp.where(x > lambd, x - lambd, xp.where(x < -lambd, x + lambd, xp.where(x == x, 0, x)))


def facts(lambd: float) -> Facts:
    identity = lambd == 0
    return Facts(
        range=Interval(),
        monotonicity="strictly increasing" if identity else "non-decreasing",
        smoothness="infinitely differentiable" if identity else "continuous",
        kinks=hardshrink.kinks(lambd),
        saturation=(1, 1),
        zero_slope=() if identity else (Interval(low=-lambd, high=lambd, includes_low=True, includes_high=True),),
        lipschitz=1,
        # E[(z - l)^2; z > l] = (1 + l^2) P(z > l) - l φ(l), on either side.
        gain=gain_of_mean_square(2 * ((1 + lambd**2) * below(-lambd) - lambd * density(lambd))),
        edges=(
            Edge(at=-inf, value=-inf, slope=1),
            Edge(at=-0.0, value=0, slope=0),
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="softshrink",
    title="Softshrink (soft thresholding)",
    summary="Moves every number towards zero by lambd; those within lambd of it become zero.",
    formula=formula,
    slope=hardshrink.slope,
    text="softshrink(x) = x − lambd for x > lambd, x + lambd for x < −lambd, 0 between",
    text_slope="softshrink'(x) = 1 for |x| > lambd, 0 for |x| ≤ lambd",
    latex=r"\operatorname{softshrink}(x) = \operatorname{sign}(x)\,\max(|x| - \lambda, 0)",
    latex_slope=r"\operatorname{softshrink}'(x) = \begin{cases} 1 & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}",
    parameters=(
        Parameter(
            name="lambd",
            default=0.5,
            domain=Interval(low=0, includes_low=True),
            learned=False,
            meaning="how far every number is moved towards zero; 0 gives the identity",
        ),
    ),
    facts=facts,
    torch="torch.nn.functional.softshrink",
    backward_keeps="one bit",
    cost="Two comparisons and an addition per element. On arrays larger than the cache it costs what ReLU does.",
    used=(
        "Each step of iterative solvers for the lasso and for sparse coding, and the layers of networks unrolled from "
        "them (LISTA); removing noise from wavelet coefficients."
    ),
    advantages=(
        "Continuous and sparse, on both sides of zero.",
        "Minimises ½(y − x)² + lambd · |y|: the exact answer when the size of the output has a price.",
        "Never moves two numbers further apart: its Lipschitz constant is 1.",
        "Backward needs one bit per element.",
    ),
    disadvantages=(
        "Large numbers lose lambd too: what remains is biased towards zero.",
        "Inputs within lambd of zero get no gradient: a unit that stays there is dead.",
        "The threshold depends on the scale of the data.",
    ),
    alternatives=(
        Alternative(name="hardshrink", when="large numbers should keep their size and a jump does no harm."),
        Alternative(name="tanhshrink", when="small numbers should shrink smoothly, without exact zeros."),
        Alternative(name="relu", when="it is for hidden layers: shrinking one side only is simpler and trains better."),
    ),
    history=(
        "Named in the 1990s, when wavelet coefficients were shrunk to remove noise. In 2004 it became the step of a "
        "solver for sparse problems, and in 2010 that solver was unrolled into a network whose weights are learned. "
        "Softshrink is the difference of two ReLUs: relu(x − lambd) − relu(−x − lambd)."
    ),
    sources=(
        Source(
            citation=(
                "D. L. Donoho (1995). De-noising by soft-thresholding. IEEE Trans. Information Theory 41(3), 613-627."
            ),
            contribution="the name, and what it achieves against noise",
        ),
        Source(
            citation=(
                "I. Daubechies, M. Defrise, C. De Mol (2004). An iterative thresholding algorithm for linear inverse "
                "problems with a sparsity constraint. Communications on Pure and Applied Mathematics 57(11), "
                "1413-1457."
            ),
            contribution="sparse solutions by repeating it",
        ),
        Source(
            citation="K. Gregor, Y. LeCun (2010). Learning fast approximations of sparse coding. ICML.",
            contribution="networks with it as their activation",
        ),
    ),
)
