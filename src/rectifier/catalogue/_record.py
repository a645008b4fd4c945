"""The record that states what an activation is. Every fact in it is checked by a test over all members.

It knows neither NumPy nor torch: `formula` and `slope` are functions of an array namespace, and either will do.
What they take and give depends on the member's kind:

- elementwise: formula(xp, x, *parameters) is the value, slope(xp, x, *parameters) the derivative, element by element;
- rowwise: the same with rows along the last axis, and the slope is the Jacobian, of shape (..., n, n);
- gated: formula(xp, a, b) of the two halves, and slope(xp, a, b) is the pair of the derivatives by a and by b;
- concatenated: formula(xp, x) is the pair of the output's halves, and slope(xp, x) the pair of their derivatives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

Monotonicity = Literal["strictly increasing", "non-decreasing", "not monotone"]
Smoothness = Literal["discontinuous", "continuous", "continuously differentiable", "infinitely differentiable"]
Kind = Literal["elementwise", "rowwise", "gated", "concatenated"]
Kept = Literal["sign bit", "one bit", "input", "output"]


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
            return f"{x:.4g}".replace("inf", "∞").replace("-", "−")

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
    """A point where the slope jumps, or where the one taken is that of neither side."""

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
    """What holds for one choice of the parameters.

    Smoothness, jumps, kinks, saturation and edges of a gated member are those of its gate, that is of b where a is 1;
    of a concatenated member, those of the first half. All else is of the whole.
    """

    range: Interval
    """The smallest interval that holds every value (a computed one may round to an end that is not included)."""
    monotonicity: Monotonicity
    """Non-decreasing means that it has flat stretches; strictly increasing, that it has none."""
    smoothness: Smoothness
    """Discontinuous: the value jumps somewhere. Continuous: the slope does. Continuously differentiable: the slope
    bends somewhere."""
    jumps: tuple[float, ...] = ()
    """Every point where the value itself jumps."""
    kinks: tuple[Kink, ...] = ()
    """Every point where the slope jumps."""
    saturation: tuple[float, float]
    """Limits of the slope far left and far right (for a rowwise member, of an output by its own input). Zero means
    that the function saturates on that side."""
    zero_slope: tuple[Interval, ...] = ()
    """The stretches on which the slope is exactly zero: a unit that stays there is dead. Single points, such as the
    bottom of a dip, are not listed. For a gated member they are of b, and both derivatives are zero there."""
    lipschitz: float
    """The largest change of the value per change of the input, infinite if there is no bound (for several inputs or
    outputs, in Euclidean length)."""
    gain: float | None
    """What weights are to be multiplied by so that a layer keeps the mean square of its signal: 1 / sqrt(E[f(z)^2])
    for standard normal z, independent ones for the two halves of a gated member. None where that makes no sense."""
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
    """The value, in the array namespace xp; the oracle of the kernels. Autograd-safe."""
    slope: Callable[..., Any]
    """The derivative with respect to the inputs."""
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
    ordered: bool = False
    """Whether each parameter must be at most the next one."""
    facts: Callable[..., Facts]
    """facts(*parameters): what holds for these parameters."""
    integers: bool = False
    """Whether it maps integers to integers, so that integer arrays keep their type."""
    kind: Kind = "elementwise"
    """Elementwise: an output for each input. Rowwise: each output depends on a whole row of inputs. Gated: the first
    half of the inputs along an axis, times a gate computed from the second. Concatenated: two outputs for each input,
    those of one sort before those of the other."""
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
