"""The record that states what an activation is. Every fact in it is checked by a test over all members.

It knows neither NumPy nor torch: `formula` and `slope` are functions of an array namespace, and either will do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

Monotonicity = Literal["strictly increasing", "non-decreasing", "not monotone"]
Smoothness = Literal["continuous", "continuously differentiable", "infinitely differentiable"]
Kept = Literal["sign bit", "input", "output"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A range of real numbers. Infinite ends are never included.

    >>> print(Interval(low=0, high=inf, includes_low=True))
    [0, ∞)
    >>> 0.0 in Interval(low=0, high=1)
    False
    """

    low: float = -inf
    """The lower end."""
    high: float = inf
    """The upper end."""
    includes_low: bool = False
    """Whether the lower end belongs to it."""
    includes_high: bool = False
    """Whether the upper end belongs to it."""

    def __contains__(self, x: float) -> bool:
        return (
            self.low < x < self.high or (self.includes_low and x == self.low) or (self.includes_high and x == self.high)
        )

    def __str__(self) -> str:
        def end(x: float) -> str:
            return f"{x:g}".replace("inf", "∞").replace("-", "−")

        return f"{'(['[self.includes_low]}{end(self.low)}, {end(self.high)}{')]'[self.includes_high]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number that shapes an activation. Its name is the same in Python, C++, torch and the documentation."""

    name: str
    """The keyword."""
    default: float
    """The value if none is given."""
    domain: Interval
    """The values it may take. NaN and infinity never belong to it."""
    learned: bool
    """Whether training changes it."""
    meaning: str
    """What it does, as the rest of a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kink:
    """A point where the slope jumps."""

    at: float
    """Where."""
    left: float
    """The slope just before."""
    right: float
    """The slope just after."""
    taken: float
    """The slope taken at the point itself, where mathematics leaves the choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What comes of an extreme input."""

    at: float
    """The input: an infinity or -0.0."""
    value: float
    """The function there. A zero's sign counts."""
    slope: float
    """The derivative there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What holds for one choice of the parameters."""

    range: Interval
    """All values the function takes (a computed value may round to an end that is not included)."""
    monotonicity: Monotonicity
    """Non-decreasing means that it has flat stretches; strictly increasing, that it has none."""
    smoothness: Smoothness
    """Continuous: the slope jumps somewhere. Continuously differentiable: the slope bends somewhere."""
    kinks: tuple[Kink, ...] = ()
    """Every point where the slope jumps."""
    saturation: tuple[float, float]
    """Limits of the slope far left and far right. Zero means that the function saturates on that side."""
    zero_slope: Interval | None = None
    """Where the slope is exactly zero: a unit that stays there is dead. None: nowhere."""
    lipschitz: float
    """The largest change of the value per change of the input (for a rowwise member, in Euclidean length)."""
    gain: float | None
    """What weights are to be multiplied by so that a layer keeps the mean square of its signal:
    1 / sqrt(E[f(z)^2]) for a standard normal z. None where the question makes no sense."""
    edges: tuple[Edge, ...] = ()
    """What comes of infinities and -0.0. NaN always gives NaN, for value and slope, and is not listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another member and the situation in which it is the better choice."""

    name: str
    """The other member."""
    when: str
    """When to prefer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where something was published."""

    citation: str
    """Authors, year, title, place."""
    contribution: str
    """What it contributed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """All that is known about one activation."""

    name: str
    """The name in Python, of its file and of its kernel."""
    title: str
    """The name in prose."""
    summary: str
    """What it does, in one sentence."""
    formula: Callable[..., Any]
    """formula(xp, x, *parameters): the value, in the array namespace xp; the oracle of the kernels. Autograd-safe."""
    slope: Callable[..., Any]
    """slope(xp, x, *parameters): the derivative with respect to x; the Jacobian (..., n, n) for a rowwise member."""
    text: str
    """The function as a line of plain text."""
    text_slope: str
    """The derivative as a line of plain text."""
    latex: str
    """The function in LaTeX."""
    latex_slope: str
    """The derivative in LaTeX."""
    parameters: tuple[Parameter, ...] = ()
    """Its parameters, in the order in which they are given."""
    facts: Callable[..., Facts]
    """facts(*parameters): what holds for these parameters."""
    integers: bool = False
    """Whether it maps integers to integers, so that integer arrays keep their type."""
    rowwise: bool = False
    """Whether an output depends on a whole row of inputs rather than on one."""
    torch: str | None
    """The dotted name of torch's own function with the same meaning, if there is one."""
    backward_keeps: Kept
    """The least that must be remembered of each element to compute its gradient."""
    cost: str
    """What computing it takes, in operations, and how that compares."""
    used: str
    """Where it is used."""
    advantages: tuple[str, ...]
    """What speaks for it."""
    disadvantages: tuple[str, ...]
    """What speaks against it."""
    alternatives: tuple[Alternative, ...]
    """What to take instead, and when."""
    history: str
    """Where it comes from."""
    sources: tuple[Source, ...]
    """The publications behind what is said here."""

    def __hash__(self) -> int:
        return hash(self.name)  # names are unique; hashing every text would cost more than computing an activation

    @property
    def defaults(self) -> tuple[float, ...]:
        """The parameters if none are given."""
        return tuple(parameter.default for parameter in self.parameters)
