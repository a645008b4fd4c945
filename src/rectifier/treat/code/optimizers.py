"""Where optimizers are made, and their learning rates set."""

from collections.abc import Callable
from typing import Any

import libcst as cst
from libcst import matchers as m
from libcst.metadata import MetadataWrapper, QualifiedNameProvider

from rectifier.treat.code.tree import is_named, scaled, text_of


def optimizer_kind(names: set[str]) -> str | None:
    for name in names:
        module, _, kind = name.rpartition(".")
        if (module == "torch.optim" or module.startswith("torch.optim.")) and kind[:1].isupper():
            return kind if "lr_scheduler" not in module and "swa_utils" not in module else None
    return None


class UnclearError(Exception):
    """What an argument comes to is not written where the call is."""


def clear(call: cst.Call, name: str, tree: cst.Module) -> None:
    """Raise `UnclearError` unless the call says by itself what value this argument of an optimizer has.

    It does not with `**settings`, with a fourth argument that is given by its place, nor where parameter groups have
    values of their own.
    """
    by_place = [a for a in call.args if a.keyword is None]
    if any(a.star for a in call.args) or (name != "lr" and len(by_place) > 3):
        raise UnclearError
    made_of = m.Call(func=m.Attribute(attr=m.Name("parameters")))
    own = [item for group in groups(tree) for item in items(group)]
    grouped = bool(call.args) and not m.matches(call.args[0].value, made_of)
    if grouped and any(value is None or key == name for key, value in own):
        raise UnclearError


Group = cst.Dict | cst.Call


def groups(tree: cst.CSTNode) -> list[Group]:
    """The parameter groups in a file: what has `params`, as a dictionary or made by `dict`."""
    found = [n for n in m.findall(tree, m.Dict() | m.Call(func=m.Name("dict"))) if isinstance(n, cst.Dict | cst.Call)]
    return [each for each in found if any(key == "params" for key, _ in items(each))]


def items(group: Group) -> list[tuple[str, cst.BaseExpression | None]]:
    """What a group gives, by its names; "" and None for what it takes from elsewhere."""
    if isinstance(group, cst.Dict):
        return [
            (str(each.key.evaluated_value), each.value)
            if isinstance(each, cst.DictElement) and isinstance(each.key, cst.SimpleString)
            else ("", None)
            for each in group.elements
        ]
    return [(a.keyword.value, a.value) if a.keyword is not None else ("", None) for a in group.args]


class GroupRates(cst.CSTTransformer):
    """Scales the learning rates that parameter groups have of their own."""

    def __init__(self, factor: float, tree: cst.Module) -> None:
        super().__init__()
        self._rates: set[cst.CSTNode] = set()
        self._factor = factor
        for group in groups(tree):
            given = items(group)
            if any(value is None for _, value in given):
                raise UnclearError  # who knows whether there is a rate among it
            self._rates |= {value for key, value in given if key == "lr" and value is not None}

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        if original_node not in self._rates:
            return super().on_leave(original_node, updated_node)
        return scaled(updated_node, self._factor)


class OptimizerCalls(cst.CSTTransformer):
    """Changes the calls that make optimizers."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def __init__(self, change: Callable[[cst.Call, str], cst.Call | None]) -> None:
        super().__init__()
        self._change, self.changed = change, False

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802  LibCST's
        names = {q.name for q in self.get_metadata(QualifiedNameProvider, original_node.func, set())}
        kind = optimizer_kind(names)
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


class SetRates(cst.CSTTransformer):
    """Scales learning rates where they are set, not multiplied."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def __init__(self, factor: float, tree: cst.Module) -> None:
        super().__init__()
        self._factor = factor
        groups = m.findall(tree, m.For(target=m.Name(), iter=m.Attribute(attr=m.Name("param_groups"))))
        given = m.Assign(
            targets=[m.AssignTarget(m.Name())], value=m.Subscript(value=m.Attribute(attr=m.Name("param_groups")))
        )
        self._groups = {text_of(cst.ensure_type(each, cst.For).target) for each in groups} | {
            text_of(cst.ensure_type(each, cst.Assign).targets[0].target) for each in m.findall(tree, given)
        }

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802  LibCST's
        names = {q.name for q in self.get_metadata(QualifiedNameProvider, original_node.func, set())}
        kinds = [name.rpartition(".")[2] for name in names if name.startswith("torch.optim.lr_scheduler.")]
        places = _RATES.get(kinds[0], {}) if kinds else {}
        if places and any(argument.star for argument in updated_node.args):
            raise UnclearError
        args = []
        for index, argument in enumerate(updated_node.args):
            by_place = argument.keyword is None and index in places.values()
            if by_place or any(is_named(argument, name) for name in places):
                argument = argument.with_changes(value=scaled(argument.value, self._factor))
            args.append(argument)
        return updated_node.with_changes(args=args)

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:  # noqa: N802  LibCST's
        target = m.AssignTarget(target=_item("lr"))
        if not m.matches(updated_node, m.Assign(targets=[target])):
            return updated_node
        owner = cst.ensure_type(updated_node.targets[0].target, cst.Subscript).value
        of_a_group = m.matches(owner, m.Subscript(value=m.Attribute(attr=m.Name("param_groups"))))
        if not of_a_group and text_of(owner) not in self._groups:
            return updated_node  # settings, of which the optimizer is made later
        if m.findall(updated_node.value, _item("lr") | _item("initial_lr")):
            return updated_node
        return updated_node.with_changes(value=scaled(updated_node.value, self._factor))


def _item(key: str) -> m.Subscript:
    """`something["key"]`, in either kind of quotes."""
    quoted = m.SimpleString(value=m.MatchIfTrue(lambda text: text.strip("'\"") == key))
    return m.Subscript(slice=[m.SubscriptElement(slice=m.Index(value=quoted))])


class HandSteps(cst.CSTTransformer):
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
        return updated_node.with_deep_changes(value, left=scaled(left, self._factor))


class Optimizers(cst.CSTVisitor):
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
        if optimizer_kind(names) is None:
            return
        first = call.args[0].value if call.args else None
        made_of = m.Call(func=m.Attribute(attr=m.Name("parameters")), args=[])
        model = text_of(first.func.value) if isinstance(first, cst.Call) and m.matches(first, made_of) else None  # type: ignore[attr-defined]  # as matched
        self.models[text_of(node.targets[0].target)] = model
