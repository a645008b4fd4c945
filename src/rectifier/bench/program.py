"""A usual text, taken apart, so that every peer can be given it in its own way.

>>> from rectifier import catalogue
>>> program = written(catalogue.get("sigmoid"), "value_and_derivative")
>>> print(program.source())
def usual(x):
    s = 1 / (1 + exp(-x))
    return (s, s * (1 - s))
>>> print(program.source(into="out"))
def usual(x, out_0, out_1):
    s = divide(1, 1 + exp(-x), out=out_0)
    return (s, multiply(s, 1 - s, out=out_1))
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rectifier.bench.case import What, halves
from rectifier.bench.usual import USUAL
from rectifier.catalogue import Activation

Text = str | tuple[str, str]
Into = Literal["out", "copy"] | None

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.USub: "negative",
}  # fmt: skip
_WITHOUT_OUT = {"where", "rowmax", "rowsum", "softmax", "log_softmax"}


class NotWrittenError(LookupError):
    """A peer has no usual way to compute this; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Intermediate results, then the outputs. Parameters are already numbers."""

    inputs: tuple[str, ...]
    """The names of its inputs: x, or a and b for the halves of x."""
    steps: tuple[tuple[str, ast.expr], ...]
    """Named intermediate results, in the order in which they are needed."""
    outputs: tuple[tuple[ast.expr, ...], ...]
    """The outputs; each is one part, or two to be joined along the last axis."""

    def names(self) -> set[str]:
        """Every function it calls."""
        return {
            node.func.id
            for tree in (*(tree for _, tree in self.steps), *(part for output in self.outputs for part in output))
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }

    def source(self, *, into: Into = None) -> str:
        """A Python function `usual` of the inputs that returns the outputs.

        With `into` it also takes the arrays that `targets` gives. "out" writes there by the last operation's `out=`,
        if it has one, else the result is a new array, as it is for those who write such texts; "copy" always copies.
        """
        arguments = [*self.inputs]
        steps = dict(self.steps)
        before: list[str] = []
        results: list[str] = []
        for index, parts in enumerate(self.outputs):
            whole, texts = f"out_{index}", []
            for place, part in enumerate(parts):
                target = whole if len(parts) == 1 else f"{whole}_{place}"
                if into == "out" and isinstance(part, ast.Name) and part.id in steps:
                    steps[part.id] = _written_to(steps[part.id], target)
                elif into == "out":
                    part = _written_to(part, target, must=len(parts) > 1)
                elif into == "copy":
                    part = _copied_to(part, target)
                texts.append(ast.unparse(part))
            if into:
                arguments += [whole, *(f"{whole}_{place}" for place in range(len(parts)) if len(parts) > 1)]
            if into and len(parts) > 1:
                before += texts  # into views of the whole
                results.append(whole)
            else:
                results.append(texts[0] if len(parts) == 1 else f"join({', '.join(texts)})")
        lines = [f"def usual({', '.join(arguments)}):"]
        lines += [f"    {name} = {ast.unparse(tree)}" for name, tree in steps.items()]
        lines += [f"    {text}" for text in before]
        return "\n".join([*lines, f"    return {results[0] if len(results) == 1 else '(' + ', '.join(results) + ')'}"])

    def targets(self, outs: Iterable[np.ndarray]) -> list[np.ndarray]:
        """What the function is to be given to write into: each output's array, and its halves if it has two parts."""
        found = []
        for parts, out in zip(self.outputs, outs, strict=True):
            found += [out, *(halves(out) if len(parts) > 1 else ())]
        return found

    def compiled(self, namespace: Mapping[str, Any], *, into: Into = None) -> Callable[..., Any]:
        """That function, with these names. Raises NotWrittenError if a function is missing."""
        missing = self.names() - namespace.keys()
        if missing:
            raise NotWrittenError(f"it has no {', '.join(sorted(missing))}")
        typed = _Typed(namespace["typed"])
        steps = tuple((name, typed.visit(_copy(tree))) for name, tree in self.steps)
        outputs = tuple(tuple(typed.visit(_copy(part)) for part in output) for output in self.outputs)
        ready = Program(inputs=self.inputs, steps=steps, outputs=outputs)
        return define(ready.source(into=into), {**namespace, **typed.numbers})


def define(source: str, namespace: Mapping[str, Any]) -> Callable[..., Any]:
    """The function `usual` that the source defines. Its code object is new each time, which some compilers count."""
    scope = dict(namespace)
    exec(compile(source, "<the usual text>", "exec"), scope)
    function: Callable[..., Any] = scope["usual"]
    return function


def written(member: Activation, what: What, texts: Mapping[str, Text] | None = None, *, only: bool = False) -> Program:
    """The program for this member, from the usual texts.

    `texts` are a peer's own, by member or by "member.derivative"; with `only`, something of its own must be used.
    """
    wanted: list[str] = ["value", "derivative"] if what == "value_and_derivative" else [what]
    usual = USUAL.get(member.name)
    own = [(texts or {}).get(member.name if part == "value" else f"{member.name}.{part}") for part in wanted]
    if only and not any(own):
        raise NotWrittenError("it has no function of its own for this")
    chosen = [given or (usual and getattr(usual, part)) for given, part in zip(own, wanted, strict=True)]
    if not all(chosen):
        raise NotWrittenError("there is no usual text for this")
    return parse([text for text in chosen if text], _inputs(member), {p.name: p.default for p in member.parameters})


def parse(texts: Iterable[Text], inputs: tuple[str, ...], parameters: Mapping[str, float]) -> Program:
    """The program of these texts, one per output. Steps of the same name are the same and done once."""
    steps: dict[str, ast.expr] = {}
    outputs: list[tuple[ast.expr, ...]] = []
    numbers = _Numbers(parameters)
    for text in texts:
        parts = []
        for part in (text,) if isinstance(text, str) else text:
            *before, last = [numbers.visit(statement) for statement in ast.parse(part.replace("; ", "\n")).body]
            for assignment in before:
                name = assignment.targets[0].id
                if ast.dump(steps.setdefault(name, assignment.value)) != ast.dump(assignment.value):
                    raise ValueError(f"{name} stands for two things in {text}")
            parts.append(last.value)
        outputs.append(tuple(parts))
    known = {ast.dump(tree): name for name, tree in steps.items()}
    shared = [tuple(_Shared(known).visit(part) for part in output) for output in outputs]
    return _without_single_uses(Program(inputs=inputs, steps=tuple(steps.items()), outputs=tuple(shared)))


def inlined(program: Program) -> Program:
    """The same without steps, for those who can only be given expressions."""
    values: dict[str, ast.expr] = {}
    for name, tree in program.steps:
        values[name] = _Inlined(values).visit(_copy(tree))
    outputs = tuple(tuple(_Inlined(values).visit(_copy(part)) for part in output) for output in program.outputs)
    return Program(inputs=program.inputs, steps=(), outputs=outputs)


def plain(program: Program, *, selecting: bool = False) -> Program:
    """The same for those who know no clip, indicator, square or typed; `selecting`: no maximum and minimum either."""
    plain = _Plain(selecting)
    return Program(
        inputs=program.inputs,
        steps=tuple((name, plain.visit(_copy(tree))) for name, tree in program.steps),
        outputs=tuple(tuple(plain.visit(_copy(part)) for part in output) for output in program.outputs),
    )


def hoisted(tree: ast.expr, dtype: str) -> tuple[ast.expr, dict[str, Any]]:
    """The same with names for its numbers, and the numbers in this type.

    >>> tree, numbers = hoisted(ast.parse("where(x > 0, x, 0.01 * x)", mode="eval").body, "float32")
    >>> ast.unparse(tree), numbers["c_0_01"].dtype
    ('where(x > c_0, x, c_0_01 * x)', dtype('float32'))
    """
    hoist = _Hoisted(dtype)
    return hoist.visit(_copy(tree)), hoist.numbers


def _inputs(member: Activation) -> tuple[str, ...]:
    return ("a", "b") if member.kind == "gated" else ("x",)


def _copy(tree: ast.expr) -> ast.expr:
    return _parsed(ast.unparse(tree))


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _without_single_uses(program: Program) -> Program:
    """A step that one place uses is written there, where its memory can be used again."""
    trees = [*(tree for _, tree in program.steps), *(part for output in program.outputs for part in output)]
    used = [node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)]
    once = {name: tree for name, tree in program.steps if used.count(name) == 1}
    if not once:
        return program
    return Program(
        inputs=program.inputs,
        steps=tuple((name, _Inlined(once).visit(tree)) for name, tree in program.steps if name not in once),
        outputs=tuple(tuple(_Inlined(once).visit(part) for part in output) for output in program.outputs),
    )


def _written_to(tree: ast.expr, target: str, *, must: bool = False) -> ast.expr:
    """The same with `out=target` in its last operation, if that has such an argument, or copied there if it must."""
    out = ast.keyword("out", ast.Name(target))
    if isinstance(tree, ast.BinOp) and type(tree.op) in _OPERATORS:
        return ast.Call(ast.Name(_OPERATORS[type(tree.op)]), [tree.left, tree.right], [out])
    if isinstance(tree, ast.UnaryOp) and type(tree.op) in _OPERATORS:
        return ast.Call(ast.Name(_OPERATORS[type(tree.op)]), [tree.operand], [out])
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id not in _WITHOUT_OUT:
        return ast.Call(tree.func, tree.args, [*tree.keywords, out])
    return _copied_to(tree, target) if must else tree


def _copied_to(tree: ast.expr, target: str) -> ast.expr:
    return ast.Call(ast.Name("copyto"), [ast.Name(target), tree], [])


class _Numbers(ast.NodeTransformer):
    """Parameters become the numbers they are, and what is left to do with numbers is done: nobody multiplies by 1."""

    def __init__(self, parameters: Mapping[str, float]) -> None:
        self.parameters = parameters

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self.parameters:
            return ast.Constant(float(self.parameters[node.id]))
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.BinOp(left=ast.Constant(), right=ast.Constant()):
                return _evaluated(node)
            case ast.BinOp(left=ast.Constant(1.0), op=ast.Mult(), right=other):
                return other
            case ast.BinOp(left=ast.Constant(-1.0), op=ast.Mult(), right=other):
                return ast.UnaryOp(ast.USub(), other)
            case ast.BinOp(left=other, op=ast.Mult() | ast.Div(), right=ast.Constant(1.0)):
                return other
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return _evaluated(node) if isinstance(node.operand, ast.Constant) else node


def _evaluated(tree: ast.expr) -> ast.Constant:
    return ast.Constant(eval(compile(ast.fix_missing_locations(ast.Expression(tree)), "<a number>", "eval")))


class _Shared(ast.NodeTransformer):
    """What a step already holds is not computed again."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known

    def visit(self, node: ast.AST) -> Any:
        name = self.known.get(ast.dump(node))
        return ast.Name(name, ast.Load()) if name else super().visit(node)


class _Inlined(ast.NodeTransformer):
    """Names of steps become what they stand for."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.visit(self.values[node.id]) if node.id in self.values else node


class _Plain(ast.NodeTransformer):
    def __init__(self, selecting: bool) -> None:
        self.texts = {"indicator": "where({}, 1, 0)", "square": "({0}) * ({0})", "typed": "{}"}
        self.texts["clip"] = "minimum(maximum({}, {}), {})"
        if selecting:
            self.texts |= {"maximum": "where({0} > {1}, {0}, {1})", "minimum": "where({0} < {1}, {0}, {1})"}

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        text = self.texts.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if text is None:
            return node
        found: ast.expr = self.visit(_parsed(text.format(*map(ast.unparse, node.args))))
        return found


class _Typed(ast.NodeTransformer):
    """`typed(0.01)` becomes the name of that number, made once."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make
        self.numbers: dict[str, Any] = {}

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name("typed"), args=[ast.Constant(value)]):
                self.numbers[_name(value)] = self.make(value)
                return ast.Name(_name(value), ast.Load())
        return node


def _name(number: Any) -> str:
    return "c_" + str(number).replace("-", "m").replace("+", "").replace(".", "_")


class _Hoisted(ast.NodeTransformer):
    def __init__(self, dtype: str) -> None:
        self.kind = np.dtype(dtype).type
        self.numbers: dict[str, Any] = {}

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        self.numbers[_name(node.value)] = self.kind(node.value)
        return ast.Name(_name(node.value), ast.Load())
