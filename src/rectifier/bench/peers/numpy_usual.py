"""NumPy, with the usual expression.

Its user keeps intermediate results in a name where they are needed twice, and gives the last operation an `out=`,
where it has such an argument (`numpy.where` has none). For erf there is SciPy, as everybody takes it from there.
"""

import importlib.util
from functools import partial
from typing import Any

import numpy as np

from rectifier.bench.case import Case
from rectifier.bench.peers import Ways
from rectifier.bench.program import NotWrittenError, written

TITLE = "NumPy"
NEEDS = ("numpy",)


def ways(case: Case) -> Ways:
    try:
        program = written(case.member, case.what)
    except NotWrittenError:
        if case.what == "value_and_derivative":
            raise
        formula = case.member.formula if case.what == "value" else case.member.slope
        return Ways(new=(partial(formula, np, case.x, *case.member.defaults),))
    names = namespace(case.dtype)
    new = program.compiled(names)
    out = program.compiled(names, into="out")
    return Ways(new=(partial(new, *case.inputs),), out=(partial(out, *case.inputs, *program.targets(case.outs)),))


def namespace(dtype: str) -> dict[str, Any]:
    """The functions that texts call."""
    kind = np.dtype(dtype)

    def indicator(condition: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        if out is None:
            return condition.astype(kind)
        np.copyto(out, condition)
        return out

    names = {
        name: getattr(np, name)
        for name in (
            "abs", "add", "clip", "copyto", "divide", "exp", "expm1", "log", "log1p", "maximum", "minimum", "multiply",
            "negative", "sqrt", "square", "subtract", "tanh", "where",
        )
    }  # fmt: skip
    if importlib.util.find_spec("scipy"):
        from scipy.special import erf

        names["erf"] = lambda x: erf(x).astype(kind, copy=False)  # SciPy's knows no float16
    return names | {
        "indicator": indicator,
        "join": lambda *parts: np.concatenate(parts, axis=-1),
        "rowmax": partial(np.max, axis=-1, keepdims=True),
        "rowsum": partial(np.sum, axis=-1, keepdims=True),
        "typed": kind.type,
    }
