"""The user's file as a tree that keeps every space and comment (LibCST), and the changes that remedies stand for.

A change says whether it found its place; where it did not, the file is as it was. What a name means is taken from the
file's own imports: `nn.ReLU`, `torch.nn.ReLU` and an imported `ReLU` are one thing, and a user's own `relu` is not.
"""

import difflib
from collections.abc import Callable, Sequence

import libcst as cst
from libcst import matchers as m
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor
from libcst.metadata import MetadataWrapper, QualifiedNameProvider

#: torch's classes whose constructors take no `inplace`.
_NO_INPLACE = ("PReLU", "GELU", "Softplus", "Tanh", "Sigmoid", "Softsign", "LogSigmoid")
_CLASSES = {
    "relu": "ReLU", "leaky_relu": "LeakyReLU", "prelu": "PReLU", "rrelu": "RReLU", "relu6": "ReLU6", "elu": "ELU",
    "selu": "SELU", "celu": "CELU", "gelu": "GELU", "silu": "SiLU", "mish": "Mish", "softplus": "Softplus",
    "hardswish": "Hardswish", "tanh": "Tanh", "sigmoid": "Sigmoid", "hardtanh": "Hardtanh",
    "hardsigmoid": "Hardsigmoid", "softsign": "Softsign",
}  # fmt: skip


NotParsedError = cst.ParserSyntaxError


class Code:
    """One file. Changes are made one after the other; `text` is what has become of it."""

    def __init__(self, text: str) -> None:
        self.before = text
        self._tree = cst.parse_module(text)

    @property
    def text(self) -> str:
        return self._tree.code

    def diff(self, name: str) -> str:
        """What has changed, as a unified diff; empty if nothing has."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True), self.text.splitlines(keepends=True), f"a/{name}", f"b/{name}"
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

    # -- changes -------------------------------------------------------------------------------------

    def scale_argument(self, name: str, factor: float) -> bool:
        """Multiply a number that every optimizer is made with: `lr=0.1` becomes `lr=0.01`, `lr=x` `lr=x * 0.1`."""
        defaults = {"SGD": 1e-3, "Adam": 1e-3, "AdamW": 1e-3, "RMSprop": 1e-2, "Adagrad": 1e-2}

        def change(call: cst.Call, kind: str) -> cst.Call | None:
            for index, argument in enumerate(call.args):
                if _is(argument, name) or (name == "lr" and index == 1 and argument.keyword is None):
                    changed = argument.with_changes(value=_scaled(argument.value, factor))
                    return call.with_changes(args=[*call.args[:index], changed, *call.args[index + 1 :]])
            if kind in defaults:
                return _with_argument(call, name, _number(defaults[kind] * factor))
            return None

        return self._change_optimizers(change)

    def scale_set_rates(self, factor: float) -> bool:
        """Multiply the learning rates that schedulers and the script itself set later.

        `OneCycleLR(optimizer, max_lr=0.1)`, `group["lr"] = 0.1`; what is made of another rate of a group, as in
        `group["lr"] *= 0.5`, stays.
        """
        visitor = _SetRates(factor)
        self._tree = MetadataWrapper(self._tree, unsafe_skip_copy=True).visit(visitor)
        return visitor.changed

    def scale_steps(self, factor: float) -> bool:
        """Multiply the steps that a script without an optimizer takes itself: `w -= lr * w.grad`."""
        visitor = _HandSteps(factor)
        self._tree = self._tree.visit(visitor)
        return visitor.changed

    def set_argument(self, name: str, value: str) -> bool:
        """Make every optimizer with this value of an argument."""

        def change(call: cst.Call, kind: str) -> cst.Call | None:
            for index, argument in enumerate(call.args):
                if _is(argument, name):
                    changed = argument.with_changes(value=cst.parse_expression(value))
                    return call.with_changes(args=[*call.args[:index], changed, *call.args[index + 1 :]])
            return _with_argument(call, name, value)

        return self._change_optimizers(change)

    def replace_optimizer(self, new: str, arguments: str, old: Sequence[str]) -> bool:
        """Make another optimizer of the same parameters; its weight decay stays, its other arguments go."""

        def change(call: cst.Call, kind: str) -> cst.Call | None:
            if kind not in old or not call.args:
                return None
            kept = [call.args[0], *(a for a in call.args[1:] if _is(a, "weight_decay"))]
            given = cst.ensure_type(cst.parse_expression(f"f({arguments})"), cst.Call).args
            kept = [a.with_changes(comma=_COMMA) for a in (kept[0], *given, *kept[1:])]
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return call.with_changes(func=_renamed(call.func, f"torch.optim.{new}"), args=kept)

        return self._change_optimizers(change)

    def before_steps(self, statement: str, needs: str) -> bool:
        """Put a statement in front of every step; `{parameters}` are those of its optimizer."""
        put = self._around_steps(lambda optimizer: [statement.format(parameters=_parameters(optimizer))], ())
        return put and self._imports(needs)

    def add_schedule(self, schedule: str) -> bool:
        """Make a scheduler behind every optimizer and step it behind every step; `{optimizer}` is the optimizer."""
        found = _Optimizers(self._tree)
        if not found.targets:
            return False
        for target in found.targets:
            name = f"{target}_schedule"
            self._insert(target, f"{name} = {schedule.format(optimizer=target)}", after=True)
        self._around_steps(lambda optimizer: (), lambda optimizer: [f"{optimizer}_schedule.step()"])
        return self._imports("torch")

    def before_optimizer(self, statement: str, needs: str, *, called: bool = False) -> bool:
        """Put a statement once for every model in front of where the first optimizer is made of `{model}.parameters()`.

        `called`: only if every such model is also called by this name somewhere in the file.
        """
        found = _Optimizers(self._tree)
        models = {model: target for target, model in reversed(found.models.items()) if model is not None}
        names = {_text(cst.ensure_type(call, cst.Call).func) for call in m.findall(self._tree, m.Call())}
        if not models or (called and not set(models) <= names):
            return False
        for model, target in reversed(models.items()):
            self._tree = self._tree.visit(_Beside(target, statement.format(model=model), after=False, once=True))
        return self._imports(needs)

    def after_optimizer(self, statement: str, needs: str) -> bool:
        """Put a statement behind where each optimizer is made: of `{model}.parameters()` where the statement names the
        model, else of no module's. `{parameters}` are those of the `{optimizer}`.
        """
        found = _Optimizers(self._tree).models
        if not found or any(("{model}" in statement) != (model is not None) for model in found.values()):
            return False
        for target, model in found.items():
            put = statement.format(model=model, optimizer=target, parameters=_parameters(target))
            self._insert(target, put, after=True)
        return self._imports(needs)

    def replace_activation(self, old: Sequence[str], new: str, values: Sequence[float]) -> bool:
        """Use another activation wherever torch's own is named: as a class, a function or a method."""
        wrapper = MetadataWrapper(self._tree, unsafe_skip_copy=True)
        visitor = _Activations(old, new, values)
        tree = wrapper.visit(visitor)
        if not visitor.changed or visitor.impossible:
            return False
        self._tree = tree
        return self._imports("torch") if visitor.needs_torch else True

    # -- how -----------------------------------------------------------------------------------------

    def _change_optimizers(self, change: Callable[[cst.Call, str], cst.Call | None]) -> bool:
        wrapper = MetadataWrapper(self._tree, unsafe_skip_copy=True)
        visitor = _Calls(change)
        self._tree = wrapper.visit(visitor)
        return visitor.changed

    def _around_steps(
        self,
        before: Callable[[str], Sequence[str]],
        after: Callable[[str], Sequence[str]] | tuple[()],
    ) -> bool:
        visitor = _Steps(set(_Optimizers(self._tree).targets), before, after or (lambda optimizer: ()))
        self._tree = self._tree.visit(visitor)
        return visitor.changed

    def _insert(self, target: str, statement: str, *, after: bool) -> None:
        self._tree = self._tree.visit(_Beside(target, statement, after=after))

    def _imports(self, module: str) -> bool:
        context = CodemodContext()
        AddImportsVisitor.add_needed_import(context, module)
        self._tree = AddImportsVisitor(context).transform_module(self._tree)
        return True


_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _text(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def _is(argument: cst.Arg, name: str) -> bool:
    return argument.keyword is not None and argument.keyword.value == name


def _number(value: float) -> str:
    return f"{value:.6g}"


def _scaled(value: cst.BaseExpression, factor: float) -> cst.BaseExpression:
    if isinstance(value, cst.Float | cst.Integer):
        return cst.parse_expression(_number(float(value.evaluated_value) * factor))
    text = _text(value)
    simple = m.matches(value, m.Name() | m.Attribute() | m.Subscript() | m.Call())
    return cst.parse_expression(f"{text if simple else f'({text})'} * {_number(factor)}")


def _with_argument(call: cst.Call, name: str, value: str) -> cst.Call:
    args = list(call.args)
    if args:
        comma = args[-1].comma
        args[-1] = args[-1].with_changes(comma=comma if isinstance(comma, cst.Comma) else _COMMA)
    added = cst.Arg(
        keyword=cst.Name(name),
        value=cst.parse_expression(value),
        equal=_tight(),
    )
    return call.with_changes(args=[*args, added])


def _renamed(node: cst.BaseExpression, full: str) -> cst.BaseExpression:
    """Another member of the same module where it is named through the module, else by its full name."""
    if isinstance(node, cst.Attribute):
        return node.with_changes(attr=cst.Name(full.rpartition(".")[2]))
    return cst.parse_expression(full)


def _parameters(optimizer: str) -> str:
    return f'[p for group in {optimizer}.param_groups for p in group["params"]]'


def _optimizer_kind(names: set[str]) -> str | None:
    for name in names:
        module, _, kind = name.rpartition(".")
        if (module == "torch.optim" or module.startswith("torch.optim.")) and kind[:1].isupper():
            return kind if "lr_scheduler" not in module and "swa_utils" not in module else None
    return None


class _Calls(cst.CSTTransformer):
    """Changes the calls that make optimizers."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def __init__(self, change: Callable[[cst.Call, str], cst.Call | None]) -> None:
        super().__init__()
        self._change, self.changed = change, False

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802  LibCST's
        names = {q.name for q in self.get_metadata(QualifiedNameProvider, original_node.func, set())}
        kind = _optimizer_kind(names)
        changed = self._change(updated_node, kind) if kind is not None else None
        self.changed |= changed is not None
        return changed or updated_node


#: Arguments of torch's schedulers that are learning rates, with their places.
_RATES = {
    "OneCycleLR": {"max_lr": 1},
    "CyclicLR": {"base_lr": 1, "max_lr": 2},
    "CosineAnnealingLR": {"eta_min": 2},
    "CosineAnnealingWarmRestarts": {"eta_min": 3},
    "ReduceLROnPlateau": {"min_lr": 6},
}


class _SetRates(cst.CSTTransformer):
    """Scales learning rates where they are set, not multiplied."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor, self.changed = factor, False

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802  LibCST's
        names = {q.name for q in self.get_metadata(QualifiedNameProvider, original_node.func, set())}
        kinds = [name.rpartition(".")[2] for name in names if name.startswith("torch.optim.lr_scheduler.")]
        places = _RATES.get(kinds[0], {}) if kinds else {}
        args = []
        for index, argument in enumerate(updated_node.args):
            by_place = argument.keyword is None and index in places.values()
            if by_place or any(_is(argument, name) for name in places):
                argument = argument.with_changes(value=_scaled(argument.value, self._factor))
                self.changed = True
            args.append(argument)
        return updated_node.with_changes(args=args)

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:  # noqa: N802  LibCST's
        target = m.AssignTarget(target=_item("lr"))
        if not m.matches(updated_node, m.Assign(targets=[target])):
            return updated_node
        if m.findall(updated_node.value, _item("lr") | _item("initial_lr")):
            return updated_node
        self.changed = True
        return updated_node.with_changes(value=_scaled(updated_node.value, self._factor))


def _item(key: str) -> m.Subscript:
    """`something["key"]`, in either kind of quotes."""
    quoted = m.SimpleString(value=m.MatchIfTrue(lambda text: text.strip("'\"") == key))
    return m.Subscript(slice=[m.SubscriptElement(slice=m.Index(value=quoted))])


class _HandSteps(cst.CSTTransformer):
    """Scales the first factor of what is subtracted, where that is a product with a gradient."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor, self.changed = factor, False

    def leave_AugAssign(self, original_node: cst.AugAssign, updated_node: cst.AugAssign) -> cst.AugAssign:  # noqa: N802  LibCST's
        value = updated_node.value
        product = m.BinaryOperation(operator=m.Multiply(), left=~m.Attribute(attr=m.Name("grad")))
        if not m.matches(updated_node.operator, m.SubtractAssign()) or not m.matches(value, product):
            return updated_node
        if not m.findall(value, m.Attribute(attr=m.Name("grad"))):
            return updated_node
        self.changed = True
        left = cst.ensure_type(value, cst.BinaryOperation).left
        return updated_node.with_deep_changes(value, left=_scaled(left, self._factor))


class _Optimizers(cst.CSTVisitor):
    """What optimizers are assigned to, and the model whose parameters each was made of."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def __init__(self, tree: cst.Module) -> None:
        super().__init__()
        self.models: dict[str, str | None] = {}
        MetadataWrapper(tree, unsafe_skip_copy=True).visit(self)

    @property
    def targets(self) -> list[str]:
        return list(self.models)

    def visit_Assign(self, node: cst.Assign) -> None:  # noqa: N802  LibCST's
        call = node.value
        if not isinstance(call, cst.Call) or len(node.targets) != 1:
            return
        names = {q.name for q in self.get_metadata(QualifiedNameProvider, call.func, set())}
        if _optimizer_kind(names) is None:
            return
        first = call.args[0].value if call.args else None
        made_of = m.Call(func=m.Attribute(attr=m.Name("parameters")), args=[])
        model = _text(first.func.value) if isinstance(first, cst.Call) and m.matches(first, made_of) else None  # type: ignore[attr-defined]  # as matched
        self.models[_text(node.targets[0].target)] = model


def _parsed(line: str) -> cst.BaseStatement:
    return cst.ensure_type(cst.parse_statement(line), cst.SimpleStatementLine)


class _Statements(cst.CSTTransformer):
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
        lines: list[cst.BaseStatement] = [_parsed(line) for line in before]
        if lines:  # the comment above stays above
            lines[0] = lines[0].with_changes(leading_lines=updated_node.leading_lines)
            updated_node = updated_node.with_changes(leading_lines=())
        return cst.FlattenSentinel([*lines, updated_node, *map(_parsed, after)])


class _Steps(_Statements):
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
            owner = _text(cst.ensure_type(call.func, cst.Attribute).value)
            if owner in self._optimizers:
                return list(self._before(owner)), list(self._after(owner))
            given = _text(call.args[0].value) if call.args else ""
            if given in self._optimizers:  # a GradScaler, whose gradients are to be unscaled first
                before = list(self._before(given))
                return [f"{owner}.unscale_({given})", *before] if before else [], list(self._after(given))
        return (), ()


class _Beside(_Statements):
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
                and _text(part.targets[0].target) == self._target
            ):
                return ((), [self._statement]) if self._is_after else ([self._statement], ())
        return (), ()


class _Activations(cst.CSTTransformer):
    """Renames torch's activations."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def __init__(self, old: Sequence[str], new: str, values: Sequence[float]) -> None:
        super().__init__()
        self._new, self._values = new, [_number(v) for v in values]
        self._classes = {f"torch.nn.{_CLASSES[name]}" for name in old if name in _CLASSES}
        self._functions = {
            f"{place}.{name}{end}" for name in old for place in ("torch", "torch.nn.functional") for end in ("", "_")
        }
        self._methods = set(old) | {f"{name}_" for name in old}
        self.changed = self.needs_torch = False
        self.impossible = False  # a function of prelu has no place for its weights

    def _class(self, node: cst.BaseExpression) -> cst.BaseExpression:
        self.changed = True
        if self._new not in _CLASSES:
            self.needs_torch = True
            return cst.parse_expression(f"torch.nn.{self._new}")
        self.needs_torch |= not isinstance(node, cst.Attribute)
        return _renamed(node, f"torch.nn.{_CLASSES[self._new]}")

    def _names(self, node: cst.CSTNode) -> set[str]:
        return {q.name for q in self.get_metadata(QualifiedNameProvider, node, set())}

    def leave_Attribute(  # noqa: N802  LibCST's
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        names = self._names(original_node)
        if names & self._classes:
            return self._class(updated_node)
        if found := names & self._functions:
            return self._function(updated_node, found)
        return updated_node

    def _function(self, node: cst.BaseExpression, names: set[str]) -> cst.BaseExpression:
        self.changed = True
        self.impossible |= self._new == "prelu"
        in_functional = any(name.startswith("torch.nn.functional.") for name in names)
        if in_functional and isinstance(node, cst.Attribute) and self._new not in ("sigmoid", "tanh"):
            return _renamed(node, self._new)
        self.needs_torch = True
        place = "torch" if self._new in ("sigmoid", "tanh") else "torch.nn.functional"
        return cst.parse_expression(f"{place}.{self._new}")

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802  LibCST's
        names = self._names(original_node.func)
        if isinstance(original_node.func, cst.Name):
            if names & self._classes:
                updated_node = updated_node.with_changes(func=self._class(updated_node.func))
            elif found := names & self._functions:
                updated_node = updated_node.with_changes(func=self._function(updated_node.func, found))
        is_class = bool(names & self._classes)
        if is_class or names & self._functions:
            input_ = [] if is_class else list(updated_node.args[:1])
            rest = list(updated_node.args[len(input_) :])
            return updated_node.with_changes(args=_separated([*input_, *self._given, *self._in_place(rest)]))
        if self._is_method(original_node, names):
            return self._from_method(updated_node)
        return updated_node

    @property
    def _given(self) -> list[cst.Arg]:
        return [cst.Arg(cst.parse_expression(value)) for value in self._values]

    def _in_place(self, rest: Sequence[cst.Arg]) -> list[cst.Arg]:
        """What the old one was told about working in place, where the new one can be told; the rest was its own."""
        if _CLASSES.get(self._new) in _NO_INPLACE or self._new not in _CLASSES:
            return []
        told = [a for a in rest if _is(a, "inplace")]
        if not told and rest and rest[0].keyword is None and m.matches(rest[0].value, m.Name("True") | m.Name("False")):
            told = [rest[0].with_changes(keyword=cst.Name("inplace"), equal=_tight())]
        return told

    def _is_method(self, call: cst.Call, names: set[str]) -> bool:
        func = call.func
        if not isinstance(func, cst.Attribute) or func.attr.value not in self._methods or call.args:
            return False
        # `x.relu()` of something that is no module of torch's: a tensor's method, as far as the file tells.
        return not any(name.startswith("torch.") for name in names)

    def _from_method(self, call: cst.Call) -> cst.BaseExpression:
        self.impossible |= self._new == "prelu"
        self.changed = self.needs_torch = True
        place = "torch" if self._new in ("sigmoid", "tanh") else "torch.nn.functional"
        owner = cst.ensure_type(call.func, cst.Attribute)
        given = [cst.Arg(owner.value), *self._given]
        if owner.attr.value.endswith("_") and _CLASSES.get(self._new) not in _NO_INPLACE:
            given.append(cst.Arg(cst.Name("True"), keyword=cst.Name("inplace"), equal=_tight()))
        return cst.Call(cst.parse_expression(f"{place}.{self._new}"), _separated(given))


def _tight() -> cst.AssignEqual:
    return cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def _separated(arguments: Sequence[cst.Arg]) -> list[cst.Arg]:
    if not arguments:
        return []
    *front, last = arguments
    return [
        *(a if isinstance(a.comma, cst.Comma) else a.with_changes(comma=_COMMA) for a in front),
        last.with_changes(comma=cst.MaybeSentinel.DEFAULT),
    ]
