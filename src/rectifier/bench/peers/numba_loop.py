"""Numba: the loop over all elements, written out and compiled with `njit(parallel=True, fastmath=True)`.

For few elements there is the loop without threads too, whichever is quicker. Numbers are of the array's type: as
literals they would turn float32 into float64. Selections are branches, so that no exponential is computed in vain.
"""

import ast
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from rectifier.bench.case import Case, halves
from rectifier.bench.peers import Ways
from rectifier.bench.program import NotWrittenError, define, hoisted, plain, written

TITLE = "Numba"
NEEDS = ("numba",)

#: Up to here a loop without threads is tried as well. Starting threads costs microseconds; chosen by us.
FEW = 1 << 17

# A row needs loops of its own.
_ROWS = """
def usual(x, out):
    for i in prange(x.shape[0]):
        top = x[i, 0]
        for j in range(1, x.shape[1]):
            top = max(top, x[i, j])
        total = zero
        for j in range(x.shape[1]):
            {first}
        {between}
        for j in range(x.shape[1]):
            out[i, j] {last}
"""
_ROWWISE = {
    "softmax": _ROWS.format(
        first="power = exp(x[i, j] - top); out[i, j] = power; total += power", between="share = one / total",
        last="*= share",
    ),
    "log_softmax": _ROWS.format(
        first="total += exp(x[i, j] - top)", between="base = top + log(total)", last="= x[i, j] - base"
    ),
}  # fmt: skip


def ways(case: Case) -> Ways:
    if case.dtype == "float16":
        raise NotWrittenError("it compiles no float16 for processors")
    source, names, parts = _loop(case)
    few = [True, False] if case.x.size <= FEW else [True]
    kernels = [_compiled(source, names, parallel=parallel) for parallel in few]
    return Ways(
        new=tuple(partial(_new, kernel, case, parts) for kernel in kernels),
        out=tuple(partial(_into, kernel, case, _targets(case.outs, parts)) for kernel in kernels),
    )


def _compiled(source: str, names: dict[str, Any], *, parallel: bool) -> Callable[..., Any]:
    import math

    import numba

    functions = {name: getattr(math, name) for name in ("erf", "exp", "expm1", "log", "log1p", "sqrt", "tanh")}
    functions |= {"maximum": max, "minimum": min, "prange": numba.prange}
    compiled: Callable[..., Any] = numba.njit(parallel=parallel, fastmath=True, error_model="numpy")(
        define(source, functions | names)
    )
    return compiled


def _loop(case: Case) -> tuple[str, dict[str, Any], list[int]]:
    """The source, the numbers in it, and how many parts each output has."""
    name, kind = case.member.name, case.x.dtype.type
    if name in _ROWWISE:
        return _ROWWISE[name], {"zero": kind(0), "one": kind(1)}, [1]
    program = plain(written(case.member, case.what))
    if program.names() & {"rowmax", "rowsum"}:
        raise NotWrittenError("there is no loop over rows for this")
    parts = [len(output) for output in program.outputs]
    places = [f"place_{index}" for index in range(sum(parts))]
    flat = case.x.ndim == 1
    at = "[i]" if flat else "[i, j]"
    first = f"all_{program.inputs[0]}"
    lines = [f"def usual({', '.join([*(f'all_{name}' for name in program.inputs), *places])}):"]
    lines += [f"    for i in prange({first}.shape[0]):"]
    lines += [] if flat else [f"        for j in range({first}.shape[1]):"]
    indent = " " * (8 if flat else 12)
    lines += [f"{indent}{name} = all_{name}{at}" for name in program.inputs]
    numbers: dict[str, Any] = {}
    trees = [*program.steps]
    trees += zip((place + at for place in places), (p for output in program.outputs for p in output), strict=True)
    for target, tree in trees:
        scalar, found = hoisted(_Branches().visit(tree), case.dtype)
        numbers |= found
        lines.append(f"{indent}{target} = {ast.unparse(scalar)}")
    return "\n".join(lines), numbers, parts


class _Branches(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name("where"), args=[condition, true, false]):
                return ast.IfExp(condition, true, false)
        return node


def _targets(outs: tuple[np.ndarray, ...], parts: list[int]) -> list[np.ndarray]:
    return [place for out, count in zip(outs, parts, strict=True) for place in (halves(out) if count > 1 else (out,))]


def _new(kernel: Callable[..., Any], case: Case, parts: list[int]) -> Any:
    outs = tuple([np.empty_like(out) for out in case.outs])
    kernel(*case.inputs, *_targets(outs, parts))
    return outs


def _into(kernel: Callable[..., Any], case: Case, targets: list[np.ndarray]) -> Any:
    kernel(*case.inputs, *targets)
    return case.outs
