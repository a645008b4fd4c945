"""Lines put around other lines."""

from collections.abc import Callable, Sequence

import libcst as cst
from libcst import matchers as m

from rectifier.treat.code.tree import text_of


def parsed(line: str) -> cst.BaseStatement:
    return cst.ensure_type(cst.parse_statement(line), cst.SimpleStatementLine)


class Statements(cst.CSTTransformer):
    """Puts lines around simple statements."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = False

    def lines(self, node: cst.SimpleStatementLine) -> tuple[Sequence[str], Sequence[str]]:
        raise NotImplementedError

    def leave_SimpleStatementLine(  # noqa: N802  LibCST's
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        before, after = self.lines(original_node)
        if not before and not after:
            return updated_node
        self.changed = True
        lines: list[cst.BaseStatement] = [parsed(line) for line in before]
        if lines:  # the comment above stays above
            lines[0] = lines[0].with_changes(leading_lines=updated_node.leading_lines)
            updated_node = updated_node.with_changes(leading_lines=())
        return cst.FlattenSentinel([*lines, updated_node, *map(parsed, after)])


class Steps(Statements):
    """Lines around `optimizer.step()` and `scaler.step(optimizer)`."""

    def __init__(
        self, optimizers: set[str], before: Callable[[str], Sequence[str]], after: Callable[[str], Sequence[str]]
    ) -> None:
        super().__init__()
        self._optimizers, self._before, self._after = optimizers, before, after

    def lines(self, node: cst.SimpleStatementLine) -> tuple[Sequence[str], Sequence[str]]:
        for part in node.body:
            value = part.value if isinstance(part, cst.Expr | cst.Assign) else None
            if value is None or not m.matches(value, m.Call(func=m.Attribute(attr=m.Name("step")))):
                continue
            call = cst.ensure_type(value, cst.Call)
            owner = text_of(cst.ensure_type(call.func, cst.Attribute).value)
            if owner in self._optimizers:
                return list(self._before(owner)), list(self._after(owner))
            given = text_of(call.args[0].value) if call.args else ""
            if given in self._optimizers:  # a GradScaler, whose gradients are to be unscaled first
                before = list(self._before(given))
                return [f"{owner}.unscale_({given})", *before] if before else [], list(self._after(given))
        return (), ()


class Beside(Statements):
    """A line before or after the statement that assigns to a target."""

    def __init__(self, target: str, statement: str, *, after: bool, once: bool = False) -> None:
        super().__init__()
        self._target, self._statement, self._is_after, self._once = target, statement, after, once

    def lines(self, node: cst.SimpleStatementLine) -> tuple[Sequence[str], Sequence[str]]:
        for part in node.body:
            if (
                not (self._once and self.changed)
                and isinstance(part, cst.Assign)
                and isinstance(part.value, cst.Call)
                and text_of(part.targets[0].target) == self._target
            ):
                return ((), [self._statement]) if self._is_after else ([self._statement], ())
        return (), ()
