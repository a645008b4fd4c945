"""Where optimizers are made, and their learning rates set."""

from collections.abc import Callable

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
            if by_place or any(is_named(argument, name) for name in places):
                argument = argument.with_changes(value=scaled(argument.value, self._factor))
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
