"""Lines put around other lines."""

from collections.abc import Callable, Collection, Sequence

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
        lines: list[cst.BaseStatement] = []
        found = False
        for part in updated_node.body:  # what stands on one line, `a; b`, becomes lines of its own
            line = cst.SimpleStatementLine([part.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
            before, after = self.lines(line)
            if before or after:
                self.changed = found = True
            lines += [*map(parsed, before), line, *map(parsed, after)]
            last = len(lines) - 1 - len(after)
        if not found:
            return updated_node
        lines[last] = lines[last].with_changes(trailing_whitespace=updated_node.trailing_whitespace)
        lines[0] = lines[0].with_changes(leading_lines=updated_node.leading_lines)  # the comment above stays above
        return cst.FlattenSentinel(lines)


class Steps(Statements):
    """Lines around `optimizer.step()` and `scaler.step(optimizer)`."""

    def __init__(
        self,
        optimizers: set[str],
        before: Callable[[str], Sequence[str]],
        after: Callable[[str], Sequence[str]],
        unscaled: set[str] = frozenset(),  # type: ignore[assignment]  # never changed
    ) -> None:
        super().__init__()
        self._optimizers, self._before, self._after, self._unscaled = optimizers, before, after, unscaled

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
                unscale = f"{owner}.unscale_({given})"
                unscaling = [unscale] if before and unscale not in self._unscaled else []
                return [*unscaling, *before], list(self._after(given))
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


def needed(body: Sequence[cst.CSTNode], names: Collection[str]) -> list[int]:
    """The places of the imports, and of the statements of a file that make these names or what those use."""
    makes = {place: _made(statement) for place, statement in enumerate(body)}
    found: set[int] = set()
    wanted = set(names)
    while new := {place for place, made in makes.items() if made & wanted} - found:
        found |= new
        wanted |= {cst.ensure_type(n, cst.Name).value for place in new for n in m.findall(body[place], m.Name())}
    imports = {place for place, statement in enumerate(body) if m.findall(statement, m.Import() | m.ImportFrom())}
    return sorted(found | imports)


def _made(statement: cst.CSTNode) -> set[str]:
    """The names that a statement of a file makes."""
    if isinstance(statement, cst.FunctionDef | cst.ClassDef):
        return {statement.name.value}
    targets = m.findall(statement, m.AssignTarget() | m.AnnAssign())
    return {
        cst.ensure_type(name, cst.Name).value
        for each in targets
        for name in m.findall(each.target if isinstance(each, cst.AssignTarget | cst.AnnAssign) else each, m.Name())
    }


def steps_in_sight(tree: cst.Module, target: str) -> bool:
    """Whether this optimizer is stepped somewhere, and only where a name that is made beside it is known."""
    scopes = _Scopes(target)
    tree.visit(scopes)
    if "." in target:  # an attribute, and so is what is made beside it
        return bool(scopes.steps)
    return bool(scopes.steps) and any(all(step[: len(made)] == made for step in scopes.steps) for made in scopes.made)


class _Scopes(cst.CSTVisitor):
    """In which functions an optimizer is made and stepped."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target
        self._inside: tuple[cst.FunctionDef, ...] = ()
        self.made: list[tuple[cst.FunctionDef, ...]] = []
        self.steps: list[tuple[cst.FunctionDef, ...]] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802  LibCST's
        self._inside = (*self._inside, node)

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:  # noqa: N802  LibCST's
        self._inside = self._inside[:-1]

    def visit_Assign(self, node: cst.Assign) -> None:  # noqa: N802  LibCST's
        if isinstance(node.value, cst.Call) and text_of(node.targets[0].target) == self._target:
            self.made.append(self._inside)

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802  LibCST's
        if m.matches(node.func, m.Attribute(attr=m.Name("step"))):
            owner = text_of(cst.ensure_type(node.func, cst.Attribute).value)
            if self._target in {owner, *(text_of(a.value) for a in node.args[:1])}:
                self.steps.append(self._inside)
