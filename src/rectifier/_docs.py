"""The documentation of the public functions, written from the catalogue's definitions."""

import textwrap
from typing import Any

import numpy as np

from rectifier.catalogue import Activation

_SAMPLE = [-2.0, -0.5, 0.0, 2.0]

_OPTIONS = {
    "elementwise": "out, where, casting, order, dtype, subok",
    "rowwise": "out, casting, order, dtype, subok",
    "gated": "out, casting, dtype",
    "concatenated": "out, casting, dtype",
}
_SHAPE_OF_X = {
    "elementwise": "of any shape",
    "rowwise": "of any shape",
    "gated": "of an even length along `axis`",
    "concatenated": "of any shape but a single number's",
}
_AXIS = {
    "elementwise": "",
    "rowwise": "The axis along which a row lies.",
    "gated": "The axis along which x is split into a, which comes first, and b.",
    "concatenated": "The axis along which the two halves of the result are joined.",
}
_RESULT = {
    "elementwise": "Of the broadcast shape of x and the parameters. A Python number for a Python number, a tensor "
    "(with its gradient) for a tensor. NaN gives NaN.",
    "rowwise": "Of the shape of x. A tensor (with its gradient) for a tensor. A NaN makes its whole row NaN.",
    "gated": "Half as long as x along `axis`. A tensor (with its gradient) for a tensor, an array for all else. NaN "
    "gives NaN.",
    "concatenated": "Twice as long as x along `axis`. A tensor (with its gradient) for a tensor, an array for all "
    "else. NaN gives NaN, in both halves.",
}


def documentation(member: Activation) -> str:
    """Everything `help(rectifier.relu)` shows. The results in its examples come from the formula, not the kernel."""
    sample = np.array(_SAMPLE)
    inputs = np.split(sample, 2) if member.kind == "gated" else [sample]
    value = _joined(member.formula(np, *inputs, *member.defaults))
    slope = _joined(member.slope(np, *inputs, *member.defaults))
    parameters = "".join(
        f"    {p.name} : number or array, default {p.default:g}\n{_indented(_sentence(p.meaning))}\n"
        for p in member.parameters
    )
    axis = f"    axis : int, default -1\n{_indented(_AXIS[member.kind])}\n" if _AXIS[member.kind] else ""
    kind = "Integers stay integers." if member.integers else "Integers are computed in a floating-point type."
    takes = f"Booleans, integers, float16, float32 or float64, {_SHAPE_OF_X[member.kind]}. {kind}"
    wrong = "If a parameter is NaN, infinite or outside its domain (not looked at if it is a tensor)."
    if member.ordered:
        wrong += f" If {' > '.join(p.name for p in member.parameters)}."
    if member.kind == "gated":
        wrong = "If the length of x along `axis` is odd, or `out` has the wrong shape."
    if member.kind == "concatenated":
        wrong = "If x is a single number, or `out` has the wrong shape."
    sources = "\n".join(_indented(f"- {s.citation} ({s.contribution})", "    ", "      ") for s in member.sources)
    return f"""{member.summary}

    {member.text}
    {member.text_slope}

Parameters
    x : {"number, " if member.kind == "elementwise" else ""}sequence, array, or torch tensor
{_indented(takes)}
{parameters}{axis}    {_OPTIONS[member.kind]}
        As in NumPy's own functions; for NumPy arrays only.

Returns
    {"number, " if member.kind == "elementwise" else ""}array or tensor
{_indented(_RESULT[member.kind])}

Raises
    TypeError
        If x is complex, text or objects, or an argument is not known.
    ValueError
{_indented(wrong)}

Examples
    >>> import numpy as np
    >>> from rectifier import {member.name}
    >>> {member.name}(np.array({_SAMPLE}))
{textwrap.indent(repr(value), "    ")}
    >>> {member.name}.derivative(np.array({_SAMPLE}))
{textwrap.indent(repr(slope), "    ")}

Sources
{sources}
"""


def _joined(result: Any) -> np.ndarray:
    """The result as the function gives it."""
    array: np.ndarray = np.concatenate(result) if isinstance(result, tuple) else result
    return array


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _indented(text: str, first: str = "        ", rest: str = "        ") -> str:
    return textwrap.fill(text, 100, initial_indent=first, subsequent_indent=rest)
