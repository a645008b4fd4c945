"""Pictures of activations and their derivatives, with matplotlib (`pip install "rectifier[plot]"`).

A jump of the slope is drawn as what it is: the line breaks, a ring marks the end that does not count and a dot the
value taken. A rowwise member is shown as its first output for the row (x, 0). Nothing global is set: neither
matplotlib's style nor its back end.
"""

import importlib.util
import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rectifier.catalogue import Activation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours that stay apart for colour-blind readers (Okabe and Ito 2008), darkest first; the yellow is left out.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_POINTS = 801  # across the range: finer than the pixels of a usual figure
_INK, _FAINT = "#333333", "#d9d9d9"


def plot(member: Activation, ax: "Axes | None" = None, *, low: float = -4, high: float = 4) -> "Axes":
    """Draw a member (solid) and its derivative (dashed) into the axes given, or into those of a new figure."""
    _require_matplotlib()
    _check_range(low, high)
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.figure(figsize=(6, 4), layout="constrained").add_subplot()
    _prepare(ax, low, high)
    _draw_value(ax, member, low, high, _COLOURS[0], width=2.4, label=_label(member))
    _draw_slope(ax, member, low, high, _COLOURS[1], width=1.8, label="its derivative", dashes=(4, 2))
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
        colour = _COLOURS[index % len(_COLOURS)]
        # Many members are the same over long stretches. Each is drawn thinner than the one beneath it.
        width = 1.6 + 2.4 * (len(members) - 1 - index) / max(1, len(members) - 1) if len(members) > 1 else 2.4
        _draw_value(left, member, low, high, colour, width=width, label=_label(member))
        _draw_slope(right, member, low, high, colour, width=width, label=_label(member))
    left.set_title("function", color=_INK)
    right.set_title("derivative", color=_INK)
    left.legend(frameon=False)
    return result


def _draw_value(ax: "Axes", member: Activation, low: float, high: float, colour: str, **style: Any) -> None:
    x = np.concatenate(list(_stretches(member, low, high)))
    ax.plot(x, _value(member, x), color=colour, linewidth=style["width"], label=style["label"])


def _draw_slope(ax: "Axes", member: Activation, low: float, high: float, colour: str, **style: Any) -> None:
    line = {"color": colour, "linewidth": style["width"], "dashes": style.get("dashes", (None, None))}
    for index, x in enumerate(_stretches(member, low, high)):
        # The ends lie at kinks, where the slope is that of this side: take it just inside.
        inside = x.copy()
        inside[0], inside[-1] = np.nextafter(x[0], x[-1]), np.nextafter(x[-1], x[0])
        ax.plot(x, _slope(member, inside), label=style["label"] if index == 0 else None, **line)
    for kink in member.facts(*member.defaults).kinks:
        if low < kink.at < high:
            ends = {kink.left, kink.right} - {kink.taken}
            ring = {"color": colour, "linestyle": "none", "marker": "o", "markersize": 5 + style["width"] / 2}
            ax.plot([kink.at] * len(ends), sorted(ends), markerfacecolor="white", zorder=3, **ring)
            ax.plot([kink.at], [kink.taken], zorder=3, **ring)


def _stretches(member: Activation, low: float, high: float) -> Iterator[np.ndarray]:
    """The range in pieces that meet at the kinks."""
    inner = sorted(kink.at for kink in member.facts(*member.defaults).kinks if low < kink.at < high)
    ends = [low, *inner, high]
    for start, end in itertools.pairwise(ends):
        yield np.linspace(start, end, max(3, round(_POINTS * (end - start) / (high - low))))


def _value(member: Activation, x: np.ndarray) -> np.ndarray:
    rows = np.stack([x, np.zeros_like(x)], axis=-1) if member.rowwise else x
    value: np.ndarray = member.formula(np, rows, *member.defaults)
    return value[..., 0] if member.rowwise else value


def _slope(member: Activation, x: np.ndarray) -> np.ndarray:
    rows = np.stack([x, np.zeros_like(x)], axis=-1) if member.rowwise else x
    slope: np.ndarray = member.slope(np, rows, *member.defaults)
    return slope[..., 0, 0] if member.rowwise else slope


def _label(member: Activation) -> str:
    shown = ", ".join(f"{p.name}={p.default:g}" for p in member.parameters)
    return f"{member.name}(x, 0)₁" if member.rowwise else f"{member.name} ({shown})" if shown else member.name


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
