"""Hardshrink: small numbers become zero, large ones stay as they are."""

from math import inf
from typing import Any

from rectifier.catalogue._gain import gain_of_mean_square, square_above
from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Kink, Parameter, Source


def formula(xp: Any, x: Any, lambd: Any) -> Any:
    return xp.where(xp.abs(x) > lambd, x, xp.where(x == x, 0, x))  # x == x unless it is NaN


def slope(xp: Any, x: Any, lambd: Any) -> Any:
    return xp.where(xp.abs(x) > lambd, 1, xp.where(x == x, 0, x))


def kinks(lambd: float) -> tuple[Kink, ...]:
    """Of hardshrink and of softshrink. With lambd 0 they are the identity, and yet 0 is not above 0."""
    if lambd == 0:
        return (Kink(at=0, left=1, right=1, taken=0),)
    return Kink(at=-lambd, left=1, right=0, taken=0), Kink(at=lambd, left=0, right=1, taken=0)


def facts(lambd: float) -> Facts:
    identity = lambd == 0
    return Facts(
        range=Interval(),
        monotonicity="strictly increasing" if identity else "non-decreasing",
        smoothness="infinitely differentiable" if identity else "discontinuous",
        jumps=() if identity else (-lambd, lambd),
        kinks=kinks(lambd),
        saturation=(1, 1),
        zero_slope=() if identity else (Interval(low=-lambd, high=lambd, includes_low=True, includes_high=True),),
        lipschitz=1 if identity else inf,
        gain=gain_of_mean_square(2 * square_above(lambd)),
        edges=(
            Edge(at=-inf, value=-inf, slope=1),
            Edge(at=-0.0, value=0, slope=0),  # zeros lose their sign, as in torch
            Edge(at=inf, value=inf, slope=1),
        ),
    )


definition = Activation(
    name="hardshrink",
    title="Hardshrink (hard thresholding)",
    summary="Turns numbers within lambd of zero into zero and leaves the others as they are.",
    formula=formula,
    slope=slope,
    text="hardshrink(x) = x for |x| > lambd, 0 for |x| ≤ lambd",
    text_slope="hardshrink'(x) = 1 for |x| > lambd, 0 for |x| ≤ lambd",
    latex=r"\operatorname{hardshrink}(x) = \begin{cases} x & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}",
    latex_slope=r"\operatorname{hardshrink}'(x) = \begin{cases} 1 & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}",
    parameters=(
        Parameter(
            name="lambd",
            default=0.5,
            domain=Interval(low=0, includes_low=True),
            learned=False,
            meaning="how far from zero a number must be to stay; 0 gives the identity",
        ),
    ),
    facts=facts,
    torch="torch.nn.functional.hardshrink",
    backward_keeps="one bit",
    cost="An absolute value and one comparison per element. On arrays larger than the cache it costs what ReLU does.",
    used="Removing noise from wavelet and other coefficients; sparse coding; pruning small weights.",
    advantages=(
        "Sparse, and what remains is not shrunk: large numbers carry no bias.",
        "Keeps the sign, so its output can be centred on zero.",
        "Minimises ½(y − x)² + ½ lambd² · [y ≠ 0]: the exact answer when the number of non-zeros has a price.",
        "Backward needs one bit per element.",
    ),
    disadvantages=(
        "Jumps at -lambd and lambd: a tiny change of the input changes the output by lambd, and no gradient tells.",
        "Inputs within lambd of zero get no gradient: a unit that stays there is dead.",
        "The threshold depends on the scale of the data and gets no gradient itself.",
    ),
    alternatives=(
        Alternative(name="softshrink", when="the output should be continuous: it pays with a bias of lambd."),
        Alternative(name="tanhshrink", when="small numbers should shrink smoothly, without exact zeros."),
        Alternative(name="relu", when="it is for hidden layers: one-sided sparsity trains better."),
    ),
    history=(
        "Hard thresholding of wavelet coefficients was analysed in 1994 as a near-optimal way to remove noise. As a "
        "step of an iteration it later solved sparse recovery; Torch had it as a layer."
    ),
    sources=(
        Source(
            citation=(
                "D. L. Donoho, I. M. Johnstone (1994). Ideal spatial adaptation by wavelet shrinkage. "
                "Biometrika 81(3), 425-455."
            ),
            contribution="hard and soft thresholding, and what they achieve against noise",
        ),
        Source(
            citation=(
                "T. Blumensath, M. E. Davies (2009). Iterative hard thresholding for compressed sensing. Applied and "
                "Computational Harmonic Analysis 27(3), 265-274."
            ),
            contribution="sparse recovery by repeating it",
        ),
    ),
)
