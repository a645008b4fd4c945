"""Where a training evaluates: the loop over epochs, and the name under which the loss of each evaluation is known."""

from collections.abc import Iterator, Sequence

import libcst as cst
from libcst import matchers as m
from libcst.metadata import MetadataWrapper, QualifiedNameProvider

from rectifier.treat.code.tree import text_of

_NO_GRAD = ("torch.no_grad", "torch.inference_mode")
_LOOPS = (cst.For, cst.While)
#: Functions of numbers that give one of their kind.
_OF_MANY = ("sum", "mean", "fmean", "average", "float", "stack", "tensor", "array")
_Loop = cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]


class StopsEarly(cst.CSTTransformer):
    """Puts a line before the innermost loop that both steps and evaluates, and a `break` behind the evaluation.

    An evaluation is what computes one of torch's losses without gradients, straight in the loop's body: its loss is
    assigned to a name, summed up under a name that the loop sets back, or what a function returns that evaluates.
    """

    def __init__(self, tree: cst.Module, optimizers: set[str], model: str, statement: str) -> None:
        super().__init__()
        self._file, self._optimizers, self._model = _File(tree), optimizers, model
        taken = {cst.ensure_type(name, cst.Name).value for name in m.findall(tree, m.Name())}
        self._name = "early_stopping" if "stopping" in taken else "stopping"
        while self._name in taken:
            self._name += "_"
        self._statement = statement
        self._steppers: set[str] = set()  # functions that step
        self._steppers |= {f.name.value for f in self._file.functions if self._steps(f)}
        self.changed = False

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> _Loop:  # noqa: N802  LibCST's
        return self._changed(original_node, updated_node)

    def leave_While(self, original_node: cst.While, updated_node: cst.While) -> _Loop:  # noqa: N802  LibCST's
        return self._changed(original_node, updated_node)

    def _changed(self, original_node: cst.For | cst.While, updated_node: cst.For | cst.While) -> _Loop:
        uses_model = m.findall(original_node.body, m.Name(self._model.partition(".")[0]))
        if self.changed or not uses_model or not self._steps(original_node):
            return updated_node
        body = list(original_node.body.body)
        evaluations = [
            (place, name)
            for place, statement in enumerate(body)
            if not self._steps(statement) and (name := self._file.evaluated(statement, body)) is not None
        ]
        if len(evaluations) != 1:  # of several, who knows which is of data held out
            return updated_node
        place, name = evaluations[0]
        self.changed = True
        stop = cst.parse_statement(f"if {self._name}({name}):\n    break\n")
        changed = list(updated_node.body.body)
        changed.insert(place + 1, cst.ensure_type(stop, cst.If))
        first = cst.ensure_type(cst.parse_statement(f"{self._name} = {self._statement}"), cst.SimpleStatementLine)
        first = first.with_changes(leading_lines=updated_node.leading_lines)
        loop = updated_node.with_changes(leading_lines=(), body=updated_node.body.with_changes(body=tuple(changed)))
        return cst.FlattenSentinel([first, loop])

    def _steps(self, node: cst.CSTNode) -> bool:
        """Whether an optimizer steps in it, or in a function that it calls by name."""
        for found in m.findall(node, m.Call()):
            call = cst.ensure_type(found, cst.Call)
            if isinstance(call.func, cst.Name) and call.func.value in self._steppers:
                return True
            if isinstance(call.func, cst.Attribute) and call.func.attr.value == "step":
                given = [text_of(a.value) for a in call.args[:1]]  # a GradScaler steps the optimizer it is given
                if {text_of(call.func.value), *given} & self._optimizers:
                    return True
        return False


class _File(cst.CSTVisitor):
    """What in a file computes losses, and what of it does so without gradients."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def __init__(self, tree: cst.Module) -> None:
        super().__init__()
        self._criteria: set[str] = set()  # what torch's loss modules are assigned to
        self._losses: set[cst.Call] = set()
        self._without: set[cst.CSTNode] = set()  # `with torch.no_grad():` and functions that are decorated so
        self.functions: list[cst.FunctionDef] = []
        self._calls: list[cst.Call] = []
        MetadataWrapper(tree, unsafe_skip_copy=True).visit(self)
        self._losses |= {call for call in self._calls if text_of(call.func) in self._criteria}
        self._evaluators = {f.name.value for f in self.functions if self._evaluates(f) and self._returns_loss(f)}

    def visit_Assign(self, node: cst.Assign) -> None:  # noqa: N802  LibCST's
        if isinstance(node.value, cst.Call) and any(
            name.startswith("torch.nn.") and name.endswith("Loss") for name in self._names(node.value.func)
        ):
            self._criteria |= {text_of(target.target) for target in node.targets}

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802  LibCST's
        self._calls.append(node)
        for name in self._names(node.func):
            place, _, function = name.rpartition(".")
            if place == "torch.nn.functional" and (function.endswith("_loss") or "cross_entropy" in function):
                self._losses.add(node)

    def visit_With(self, node: cst.With) -> None:  # noqa: N802  LibCST's
        if any(self._switches_off(item.item) for item in node.items):
            self._without.add(node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802  LibCST's
        self.functions.append(node)
        if any(self._switches_off(d.decorator) for d in node.decorators):
            self._without.add(node)

    def evaluated(self, statement: cst.CSTNode, around: Sequence[cst.CSTNode]) -> str | None:
        """The name that holds the loss of the evaluation which this statement is; None if it is none."""
        if isinstance(statement, cst.SimpleStatementLine):
            for part in statement.body:
                if m.matches(part, m.Assign(targets=[m.AssignTarget(m.Name())], value=m.Call(func=m.Name()))):
                    assign = cst.ensure_type(part, cst.Assign)
                    if text_of(cst.ensure_type(assign.value, cst.Call).func) in self._evaluators:
                        return text_of(assign.targets[0].target)
            return None
        if not isinstance(statement, cst.With | cst.For | cst.While) or not self._evaluates(statement):
            return None
        found = None
        for assignment, nested in _assignments(statement, nested=isinstance(statement, _LOOPS)):
            if not self._computes(assignment):
                continue
            if isinstance(assignment, cst.AugAssign) and m.matches(assignment.target, m.Name()):
                name = text_of(assignment.target)
                if any(_sets(each, name) for each in (statement, *around)):
                    found = name
            elif m.matches(assignment, m.Assign(targets=[m.AssignTarget(m.Name())])) and not nested:
                found = text_of(cst.ensure_type(assignment, cst.Assign).targets[0].target)
        return found

    def _evaluates(self, node: cst.CSTNode) -> bool:
        """Whether a loss is computed somewhere in it, without gradients."""
        off = node in self._without or any(each in self._without for each in m.findall(node, m.With()))
        return off and self._computes(node)

    def _computes(self, node: cst.CSTNode) -> bool:
        return any(call in self._losses for call in m.findall(node, m.Call()))

    def _returns_loss(self, function: cst.FunctionDef) -> bool:
        """Whether what it returns is a loss, and nothing else: an accuracy is better the higher it is."""
        names: set[str] = set()
        for assignment, _ in _assignments(function, nested=False):
            target = assignment.target if isinstance(assignment, cst.AugAssign) else assignment.targets[0].target
            if isinstance(target, cst.Name) and self._is_loss(assignment.value, names):
                names.add(target.value)
        for found in m.findall(function, m.Call(func=m.Attribute(value=m.Name(), attr=m.Name("append")))):
            call = cst.ensure_type(found, cst.Call)
            if call.args and self._is_loss(call.args[0].value, names):
                names.add(text_of(cst.ensure_type(call.func, cst.Attribute).value))
        returns = [cst.ensure_type(node, cst.Return).value for node in m.findall(function, m.Return())]
        return len(returns) == 1 and returns[0] is not None and self._is_loss(returns[0], names)

    def _is_loss(self, node: cst.BaseExpression, names: set[str]) -> bool:
        """Whether it is a loss, a sum or mean of losses, or one of these names."""
        if isinstance(node, cst.Name):
            return node.value in names
        if isinstance(node, cst.BinaryOperation):
            either = isinstance(node.operator, cst.Multiply | cst.Add) and self._is_loss(node.right, names)
            return self._is_loss(node.left, names) or either
        if isinstance(node, cst.GeneratorExp | cst.ListComp):
            return self._is_loss(node.elt, names)
        if not isinstance(node, cst.Call):
            return False
        if node in self._losses:
            return True
        if text_of(node.func).rpartition(".")[2] in _OF_MANY and node.args and self._is_loss(node.args[0].value, names):
            return True
        return isinstance(node.func, cst.Attribute) and self._is_loss(node.func.value, names)

    def _switches_off(self, node: cst.BaseExpression) -> bool:
        function = node.func if isinstance(node, cst.Call) else node
        return bool(self._names(function) & set(_NO_GRAD))

    def _names(self, node: cst.CSTNode) -> set[str]:
        return {q.name for q in self.get_metadata(QualifiedNameProvider, node, set())}


def _assignments(node: cst.CSTNode, *, nested: bool) -> Iterator[tuple[cst.Assign | cst.AugAssign, bool]]:
    """The assignments in it, each with whether a loop inside repeats it."""
    for child in node.children:
        if isinstance(child, cst.Assign | cst.AugAssign):
            yield child, nested
        yield from _assignments(child, nested=nested or isinstance(child, _LOOPS))


def _sets(node: cst.CSTNode, name: str) -> bool:
    """Whether it assigns to the name afresh, no deeper than a `with`."""
    if isinstance(node, cst.With):
        return any(_sets(child, name) for child in node.body.body)
    return isinstance(node, cst.SimpleStatementLine) and any(
        m.matches(part, m.Assign(targets=[m.AssignTarget(m.Name(name))])) for part in node.body
    )
