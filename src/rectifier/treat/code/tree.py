"""What every change needs: the text of a node, arguments of a call, names."""

from collections.abc import Sequence

import libcst as cst
from libcst import matchers as m

COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def text_of(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def is_named(argument: cst.Arg, name: str) -> bool:
    return argument.keyword is not None and argument.keyword.value == name


def number(value: float) -> str:
    return f"{value:.6g}"


def scaled(value: cst.BaseExpression, factor: float) -> cst.BaseExpression:
    if isinstance(value, cst.Float | cst.Integer):
        return cst.parse_expression(number(float(value.evaluated_value) * factor))
    text = text_of(value)
    simple = m.matches(value, m.Name() | m.Attribute() | m.Subscript() | m.Call())
    return cst.parse_expression(f"{text if simple else f'({text})'} * {number(factor)}")


def with_argument(call: cst.Call, name: str, value: str) -> cst.Call:
    args = list(call.args)
    if args:
        comma = args[-1].comma
        args[-1] = args[-1].with_changes(comma=comma if isinstance(comma, cst.Comma) else COMMA)
    added = cst.Arg(
        keyword=cst.Name(name),
        value=cst.parse_expression(value),
        equal=tight(),
    )
    return call.with_changes(args=[*args, added])


def renamed(node: cst.BaseExpression, full: str) -> cst.BaseExpression:
    """Another member of the same module where it is named through the module, else by its full name."""
    if isinstance(node, cst.Attribute):
        return node.with_changes(attr=cst.Name(full.rpartition(".")[2]))
    return cst.parse_expression(full)


def parameters_of(optimizer: str) -> str:
    return f'[p for group in {optimizer}.param_groups for p in group["params"]]'


def tight() -> cst.AssignEqual:
    return cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def separated(arguments: Sequence[cst.Arg]) -> list[cst.Arg]:
    if not arguments:
        return []
    *front, last = arguments
    return [
        *(a if isinstance(a.comma, cst.Comma) else a.with_changes(comma=COMMA) for a in front),
        last.with_changes(comma=cst.MaybeSentinel.DEFAULT),
    ]
