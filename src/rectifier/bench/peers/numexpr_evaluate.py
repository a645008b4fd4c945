"""numexpr: the usual expression as a string, evaluated block by block on all cores.

Its maximum and minimum are for float64 only, so `where` takes their place. Numbers are given as scalars of the array's
type: as literals they would turn float32 into float64. Besides `evaluate` there is the object it makes first, which
leaves out looking up the string.
"""

import ast
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from rectifier.bench.case import Case, halves
from rectifier.bench.peers import Ways
from rectifier.bench.program import NotWrittenError, Program, hoisted, inlined, plain, written

TITLE = "numexpr"
NEEDS = ("numexpr",)

_FUNCTIONS = {"abs", "exp", "expm1", "log", "log1p", "sqrt", "tanh", "where"}


def ways(case: Case) -> Ways:
    if case.dtype == "float16":
        raise NotWrittenError("it has no float16")
    program = plain(inlined(written(case.member, case.what)), selecting=True)
    missing = program.names() - _FUNCTIONS
    if missing:
        raise NotWrittenError(f"it has no {', '.join(sorted(missing))}")
    return Ways(
        new=(_run(case, program, _evaluated, new=True), _run(case, program, _prepared, new=True)),
        out=(_run(case, program, _evaluated, new=False), _run(case, program, _prepared, new=False)),
    )


def _run(case: Case, program: Program, prepare: Callable[..., Any], *, new: bool) -> Callable[[], Any]:
    """All parts, one after the other: numexpr computes one array at a time."""
    inputs = dict(zip(program.inputs, case.inputs, strict=True))
    parts = [[prepare(part, inputs, case.dtype) for part in output] for output in program.outputs]
    if len(parts) == len(parts[0]) == 1:
        (((only,),),) = (parts,)
        return partial(only) if new else partial(only, out=case.outs[0])

    def run() -> Any:
        for output, out in zip(parts, outs := [np.empty_like(o) for o in case.outs] if new else case.outs, strict=True):
            for part, place in zip(output, halves(out) if len(output) > 1 else (out,), strict=True):
                part(out=place)
        return tuple(outs) if len(outs) > 1 else outs[0]

    return run


def _evaluated(part: ast.expr, inputs: dict[str, np.ndarray], dtype: str) -> Callable[..., Any]:
    import numexpr

    tree, numbers = hoisted(part, dtype)
    return partial(numexpr.evaluate, ast.unparse(tree), {**inputs, **numbers}, {})


def _prepared(part: ast.expr, inputs: dict[str, np.ndarray], dtype: str) -> Callable[..., Any]:
    import numexpr

    tree, numbers = hoisted(part, dtype)
    known = {**inputs, **numbers}
    used = sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & known.keys())
    kind = float if dtype == "float32" else np.float64  # numexpr's own names for its types
    prepared = numexpr.NumExpr(ast.unparse(tree), [(name, kind) for name in used])
    return partial(prepared, *(known[name] for name in used), ex_uses_vml=False, order="K", casting="safe")
