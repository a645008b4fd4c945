"""Pictures of activations and their derivatives, with matplotlib (`pip install "rectifier[plot]"`).

A jump, of the slope or of the value, is drawn as what it is: the line breaks, a ring marks the end that does not count
and a dot the value taken. Every member is shown as a function of one number: a rowwise one as its first output for the
row (x, 0), a gated one as its output where a is 1 and b is x, a concatenated one as its two outputs, the second paler.
Nothing global is set: neither matplotlib's style nor its back end.
"""

import importlib.util
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rectifier.catalogue import Activation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours that stay apart for colour-blind readers (Okabe and Ito 2008), darkest first; the yellow is left out.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_POINTS = 801  # across the range: finer than the pixels of a usual figure
_DASHES: tuple[Any, ...] = ((None, None), (6, 2), (2, 1.5), (6, 2, 1, 2), (1, 1))  # for more members than colours
_INK, _FAINT = "#333333", "#d9d9d9"


def plot(member: Activation, ax: "Axes | None" = None, *, low: float = -4, high: float = 4) -> "Axes":
    """Draw a member (solid) and its derivative (dashed) into the axes given, or into those of a new figure."""
    _require_matplotlib()
    _check_range(low, high)
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.figure(figsize=(6, 4), layout="constrained").add_subplot()
    _prepare(ax, low, high)
    _draw(ax, member, "value", low, high, color=_COLOURS[0], linewidth=2.4)
    _draw(ax, member, "slope", low, high, "its derivative", color=_COLOURS[1], linewidth=1.8, dashes=(4, 2))
    ax.set_title(member.title, color=_INK)
    ax.legend(frameon=False)
    return ax


def figure(members: Sequence[Activation], *, low: float = -4, high: float = 4) -> "Figure":
    """A new figure of several members: the functions to the left, their derivatives to the right."""
    _require_matplotlib()
    _check_range(low, high)
    from matplotlib.figure import Figure

    result = Figure(figsize=(10, 4.4), layout="constrained")
    left, right = result.subplots(1, 2)
    _prepare(left, low, high)
    _prepare(right, low, high)
    for index, member in enumerate(members):
        # Many members are the same over long stretches. Each is drawn thinner than the one beneath it.
        width = 1.6 + 2.4 * (len(members) - 1 - index) / max(1, len(members) - 1) if len(members) > 1 else 2.4
        style = {
            "color": _COLOURS[index % len(_COLOURS)],
            "dashes": _DASHES[index // len(_COLOURS) % len(_DASHES)],
            "linewidth": width,
        }
        _draw(left, member, "value", low, high, **style)
        _draw(right, member, "slope", low, high, **style)
    left.set_title("function", color=_INK)
    right.set_title("derivative", color=_INK)
    left.legend(frameon=False, **({} if len(members) < 8 else {"ncols": 1 + len(members) // 12, "fontsize": "x-small"}))
    return result


@dataclass(frozen=True, slots=True)
class _Curve:
    """A function of one number, as it is drawn."""

    label: str
    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]


def _curves(member: Activation) -> list[_Curve]:
    formula, slope, given = member.formula, member.slope, member.defaults
    if member.kind == "gated":
        return [
            _Curve(
                f"{member.name}, a = 1, b = x",
                lambda x: formula(np, np.ones_like(x), x, *given),
                lambda x: slope(np, np.ones_like(x), x, *given)[1],
            )
        ]
    if member.kind == "concatenated":
        return [_half(member, half, name) for half, name in enumerate(("first", "second"))]
    if member.kind == "rowwise":
        return [
            _Curve(
                f"{member.name}(x, 0)₁",
                lambda x: formula(np, np.stack([x, np.zeros_like(x)], axis=-1), *given)[..., 0],
                lambda x: slope(np, np.stack([x, np.zeros_like(x)], axis=-1), *given)[..., 0, 0],
            )
        ]
    shown = ", ".join(f"{p.name}={p.default:.3g}" for p in member.parameters)
    return [
        _Curve(
            f"{member.name} ({shown})" if shown else member.name,
            lambda x: formula(np, x, *given),
            lambda x: slope(np, x, *given),
        )
    ]


def _half(member: Activation, half: int, name: str) -> _Curve:
    return _Curve(
        f"{member.name}, {name} half",
        lambda x: member.formula(np, x, *member.defaults)[half],
        lambda x: member.slope(np, x, *member.defaults)[half],
    )


def _draw(
    ax: "Axes", member: Activation, what: str, low: float, high: float, label: str | None = None, **style: Any
) -> None:
    """One of the member's functions, the value or the slope, in pieces if it jumps."""
    facts = member.facts(*member.defaults)
    jumps = facts.jumps if what == "value" else [kink.at for kink in facts.kinks]
    for index, curve in enumerate(_curves(member)):
        function: Callable[[np.ndarray], np.ndarray] = getattr(curve, what)
        pieces = list(_stretches(member, low, high))
        if not jumps:
            pieces = [np.concatenate(pieces)]
        else:
            for x in pieces:  # what counts at an end is the value of this side: take it just inside
                x[0], x[-1] = np.nextafter(x[0], x[-1]), np.nextafter(x[-1], x[0])
        style["alpha"] = 0.45 if index else None
        shown = curve.label if label is None else label
        for x in pieces:
            ax.plot(x, function(x), label=shown if x is pieces[0] else None, **style)
        for at in jumps:
            if low < at < high:
                left, taken, right = function(np.array([np.nextafter(at, -np.inf), at, np.nextafter(at, np.inf)]))
                ring = {"linestyle": "none", "marker": "o", "markersize": 5 + style["linewidth"] / 2}
                ring |= {"color": style["color"], "alpha": style["alpha"], "zorder": 3}
                ends = sorted({float(left), float(right)} - {float(taken)})
                ax.plot([at] * len(ends), ends, markerfacecolor="white", **ring)
                ax.plot([at], [taken], **ring)


def _stretches(member: Activation, low: float, high: float) -> Iterator[np.ndarray]:
    """The range in pieces that meet at the kinks."""
    inner = sorted(kink.at for kink in member.facts(*member.defaults).kinks if low < kink.at < high)
    ends = [low, *inner, high]
    for start, end in itertools.pairwise(ends):
        yield np.linspace(start, end, max(3, round(_POINTS * (end - start) / (high - low))))


def _prepare(ax: "Axes", low: float, high: float) -> None:
    """Thin axes through the origin's lines, nothing that distracts."""
    ax.axhline(0, color=_FAINT, linewidth=1, zorder=0)
    if low <= 0 <= high:
        ax.axvline(0, color=_FAINT, linewidth=1, zorder=0)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(_INK)
    ax.tick_params(colors=_INK)
    ax.set_xlim(low, high)
    ax.set_xlabel("x", color=_INK)


def _check_range(low: float, high: float) -> None:
    if not -np.inf < low < high < np.inf:
        raise ValueError(
            f"the range must go from a finite number up to a larger one, but was given {low:g} to {high:g}."
        )


def _require_matplotlib() -> None:
    if importlib.util.find_spec("matplotlib") is None:
        raise ImportError('Drawing needs matplotlib, which is not installed: pip install "rectifier[plot]"')
