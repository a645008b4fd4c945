"""Another activation wherever torch's own is named."""

from collections.abc import Sequence

import libcst as cst
from libcst import matchers as m
from libcst.metadata import QualifiedNameProvider

from rectifier.treat.code.meanings import Meanings, torch_names
from rectifier.treat.code.tree import is_named, number, renamed, separated, tight

#: torch's classes whose constructors take no `inplace`.
_NO_INPLACE = ("PReLU", "GELU", "Softplus", "Tanh", "Sigmoid", "Softsign", "LogSigmoid")
_CLASSES = {
    "relu": "ReLU", "leaky_relu": "LeakyReLU", "prelu": "PReLU", "rrelu": "RReLU", "relu6": "ReLU6", "elu": "ELU",
    "selu": "SELU", "celu": "CELU", "gelu": "GELU", "silu": "SiLU", "mish": "Mish", "softplus": "Softplus",
    "hardswish": "Hardswish", "tanh": "Tanh", "sigmoid": "Sigmoid", "hardtanh": "Hardtanh",
    "hardsigmoid": "Hardsigmoid", "softsign": "Softsign",
}  # fmt: skip


def meanings(old: Sequence[str], new: str) -> Meanings:
    """What names mean in a file, for this exchange."""
    return Meanings(_torchs(old), _torchs([new]), _torchs(list(_CLASSES)))


def _torchs(names: Sequence[str]) -> set[str]:
    return torch_names([_CLASSES[name] for name in names if name in _CLASSES], names)


class Activations(cst.CSTTransformer):
    """Renames torch's activations."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def __init__(self, old: Sequence[str], new: str, values: Sequence[float], meanings: Meanings) -> None:
        super().__init__()
        self._kept, self._settings = meanings.kept, meanings.settings
        self._new, self._values = new, [number(v) for v in values]
        self._classes = {f"torch.nn.{_CLASSES[name]}" for name in old if name in _CLASSES}
        self._functions = {
            f"{place}.{name}{end}" for name in old for place in ("torch", "torch.nn.functional") for end in ("", "_")
        }
        self._methods = set(old) | {f"{name}_" for name in old}
        self._inside = 0  # how many classes, or functions that a class calls, it is in
        self._called: set[str] = set()  # by methods
        self._has_modules = False
        self.changed = self.needs_torch = False
        self.impossible = False  # a function of prelu has no place for its weights

    def visit_Module(self, node: cst.Module) -> None:  # noqa: N802  LibCST's
        for each in m.findall(node, m.ClassDef()):
            calls = m.findall(each, m.Call(func=m.Name()))
            self._called |= {cst.ensure_type(cst.ensure_type(c, cst.Call).func, cst.Name).value for c in calls}
        attributes = m.findall(node, m.Attribute() | m.Name())
        self._has_modules = any(
            name.startswith("torch.nn.") and name.count(".") == 2 and name.rpartition(".")[2][:1].isupper()
            for each in attributes
            for name in self._names(each)
            if name not in ("torch.nn.Parameter", "torch.nn.ParameterList", "torch.nn.ParameterDict")
        )

    def visit_ClassDef(self, node: cst.ClassDef) -> None:  # noqa: N802  LibCST's
        self._inside += 1

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:  # noqa: N802  LibCST's
        self._inside -= 1
        return updated_node

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802  LibCST's
        self._inside += node.name.value in self._called

    def leave_FunctionDef(  # noqa: N802  LibCST's
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self._inside -= original_node.name.value in self._called
        return updated_node

    @property
    def _is_network(self) -> bool:
        """Whether a function here is part of a network: in a file with modules, what is in none of them is a loss or
        prepares data.
        """
        return bool(self._inside) or not self._has_modules

    def _class(self, node: cst.BaseExpression) -> cst.BaseExpression:
        self.changed = True
        if self._new not in _CLASSES:
            self.needs_torch = True
            return cst.parse_expression(f"torch.nn.{self._new}")
        self.needs_torch |= not isinstance(node, cst.Attribute)
        return renamed(node, f"torch.nn.{_CLASSES[self._new]}")

    def _names(self, node: cst.CSTNode) -> set[str]:
        if node in self._kept:
            return set()
        return {q.name for q in self.get_metadata(QualifiedNameProvider, node, set())}

    def leave_SimpleString(  # noqa: N802  LibCST's
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        if original_node not in self._settings:
            return updated_node
        self.changed = True
        self.impossible |= bool(self._values)  # what is chosen has its own
        return updated_node.with_changes(value=self._settings[original_node])

    def leave_Attribute(  # noqa: N802  LibCST's
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        names = self._names(original_node)
        if names & self._classes:
            return self._class(updated_node)
        if self._is_network and (found := names & self._functions):
            return self._function(updated_node, found)
        return updated_node

    def _function(self, node: cst.BaseExpression, names: set[str]) -> cst.BaseExpression:
        self.changed = True
        self.impossible |= self._new == "prelu"
        in_functional = any(name.startswith("torch.nn.functional.") for name in names)
        if in_functional and isinstance(node, cst.Attribute) and self._new not in ("sigmoid", "tanh"):
            return renamed(node, self._new)
        self.needs_torch = True
        place = "torch" if self._new in ("sigmoid", "tanh") else "torch.nn.functional"
        return cst.parse_expression(f"{place}.{self._new}")

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802  LibCST's
        names = self._names(original_node.func)
        if isinstance(original_node.func, cst.Name):
            if names & self._classes:
                updated_node = updated_node.with_changes(func=self._class(updated_node.func))
            elif self._is_network and (found := names & self._functions):
                updated_node = updated_node.with_changes(func=self._function(updated_node.func, found))
        is_class = bool(names & self._classes)
        if is_class or (self._is_network and names & self._functions):
            input_ = [] if is_class else list(updated_node.args[:1])
            rest = list(updated_node.args[len(input_) :])
            if any(name.endswith("_") for name in names & self._functions):
                rest = [cst.Arg(cst.Name("True"), keyword=cst.Name("inplace"), equal=tight())]
                self.impossible |= not self._in_place(rest)
            return updated_node.with_changes(args=separated([*input_, *self._given, *self._in_place(rest)]))
        if self._is_network and self._is_method(original_node, names):
            return self._from_method(updated_node)
        return updated_node

    @property
    def _given(self) -> list[cst.Arg]:
        return [cst.Arg(cst.parse_expression(value)) for value in self._values]

    def _in_place(self, rest: Sequence[cst.Arg]) -> list[cst.Arg]:
        """What the old one was told about working in place, where the new one can be told; the rest was its own."""
        if _CLASSES.get(self._new) in _NO_INPLACE or self._new not in _CLASSES:
            return []
        told = [a for a in rest if is_named(a, "inplace")]
        if not told and rest and rest[0].keyword is None and m.matches(rest[0].value, m.Name("True") | m.Name("False")):
            told = [rest[0].with_changes(keyword=cst.Name("inplace"), equal=tight())]
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
            given.append(cst.Arg(cst.Name("True"), keyword=cst.Name("inplace"), equal=tight()))
        return cst.Call(cst.parse_expression(f"{place}.{self._new}"), separated(given))


class Used(cst.CSTVisitor):
    """The activations of torch's that a file names, by their names in the catalogue."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def visit_Attribute(self, node: cst.Attribute) -> None:  # noqa: N802  LibCST's
        if not self._see(node) and node.attr.value.removesuffix("_") in _CLASSES:
            self.names.add(node.attr.value.removesuffix("_"))  # a method, as far as the file tells

    def visit_Name(self, node: cst.Name) -> None:  # noqa: N802  LibCST's
        self._see(node)

    def _see(self, node: cst.CSTNode) -> bool:
        torchs = [q.name for q in self.get_metadata(QualifiedNameProvider, node, set()) if q.name.startswith("torch.")]
        last = {name.rpartition(".")[2].removesuffix("_") for name in torchs}
        self.names |= {name for name, kind in _CLASSES.items() if last & {name, kind}}
        return bool(torchs)
