"""The documentation of the public functions, written from the catalogue's definitions."""

import textwrap

import numpy as np

from rectifier.catalogue import Activation

_SAMPLE = [-2.0, -0.5, 0.0, 2.0]


def documentation(member: Activation) -> str:
    """Everything `help(rectifier.relu)` shows. The results in its examples come from the formula, not the kernel."""
    sample = np.array(_SAMPLE)
    value = member.formula(np, sample, *member.defaults)
    slope = member.slope(np, sample, *member.defaults)
    shape = (
        "        The shares along `axis`; of the shape of x."
        if member.rowwise
        else "        Of the broadcast shape of x and the parameters."
    )
    parameters = "".join(
        f"    {p.name} : number or array, default {p.default:g}\n{_indented(_sentence(p.meaning))}\n"
        for p in member.parameters
    )
    axis = "    axis : int, default -1\n        The axis along which a row lies.\n" if member.rowwise else ""
    kind = "Integers stay integers." if member.integers else "Integers are computed in a floating-point type."
    sources = "\n".join(_indented(f"- {s.citation} ({s.contribution})", "    ", "      ") for s in member.sources)
    return f"""{member.summary}

    {member.text}
    {member.text_slope}

Parameters
    x : number, sequence, array, or torch tensor
        Booleans, integers, float16, float32 or float64, of any shape. {kind}
{parameters}{axis}    out, where, casting, order, dtype, subok
        As in NumPy's own functions; for NumPy arrays only.

Returns
    number, array or tensor
{shape}
        A Python number for a Python number, a tensor (with its gradient) for a tensor. NaN gives NaN.

Raises
    TypeError
        If x is complex, text or objects, or an argument is not known.
    ValueError
        If a parameter is NaN, infinite or outside its domain (not looked at if it is a tensor).

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


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _indented(text: str, first: str = "        ", rest: str = "        ") -> str:
    return textwrap.fill(text, 100, initial_indent=first, subsequent_indent=rest)
