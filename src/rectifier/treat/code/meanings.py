"""Names that say which activation they are, and the setting that chooses among them.

An edit changes which thing is used, never what a name means. In `{"relu": nn.ReLU, "tanh": nn.Tanh}`, behind
`if name == "relu":`, in `relu = F.relu` and as the default of an argument, an activation is what a name means: other
code, other configurations rely on it. What is to change there is the text that chooses, `config = {"act": "relu"}`.
"""

from collections.abc import Iterator, Sequence

import libcst as cst
from libcst import matchers as m
from libcst.metadata import ParentNodeProvider, QualifiedNameProvider

from rectifier.treat.code.tree import text_of

_Named = cst.Attribute | cst.Name


class Meanings(cst.CSTVisitor):
    """Finds them for an exchange of `old` by `new`: what torch calls them, `torch.nn.ReLU`, all that there are."""

    METADATA_DEPENDENCIES = (QualifiedNameProvider, ParentNodeProvider)

    def __init__(self, old: set[str], new: set[str], every: set[str]) -> None:
        super().__init__()
        self._old, self._new, self._every = old, new, every
        self.kept: set[cst.CSTNode] = set()  #: what names `old` and is not to be changed
        self.settings: dict[cst.CSTNode, str] = {}  #: the texts to change, and what they become; `settle` says them
        self.keys: set[str] = set()  #: texts that choose `old`
        self.news: set[str] = set()  #: texts that choose `new`
        self.texts: list[tuple[cst.SimpleString, type[cst.CSTNode]]] = []  #: that may choose, and what holds each
        self.names: list[str] = []  #: what is another name's meaning, or a default

    # -- what is there -------------------------------------------------------------------------------

    def visit_Attribute(self, node: cst.Attribute) -> None:  # noqa: N802  LibCST's
        self._see(node)

    def visit_Name(self, node: cst.Name) -> None:  # noqa: N802  LibCST's
        if not isinstance(self._parent(node), cst.Attribute | cst.ImportAlias | cst.AsName):
            self._see(node)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:  # noqa: N802  LibCST's
        if self._chooses(node):
            self.texts.append((node, type(self._parent(node))))

    def _see(self, node: _Named) -> None:
        names = self._names(node)
        if not names & self._every:
            return
        keys = self._keys(node)
        if keys is None:
            return
        if names & self._new:
            self.news |= keys
        if names & self._old:
            self.kept.add(node)
            self.keys |= keys
            if not keys:
                self.names.append(text_of(node))

    # -- how it is told ------------------------------------------------------------------------------

    def _keys(self, node: _Named) -> set[str] | None:
        """The texts that choose this activation, none if it is a name's meaning by itself; None for a plain use."""
        inner, parent, made = self._outermost(node)
        if isinstance(parent, cst.DictElement) and parent.value is inner:
            owner = self._parent(parent)
            return self._of_a_dictionary(parent.key, self._in(owner))
        if isinstance(parent, cst.Arg) and parent.keyword is not None:
            call = self._parent(parent)
            if isinstance(call, cst.Call) and m.matches(call.func, m.Name("dict")):
                return self._of_a_dictionary(parent.keyword, self._in(call))
        if isinstance(parent, cst.Param):
            return set()
        if isinstance(parent, cst.Return | cst.Assign | cst.IfExp | cst.AnnAssign):
            if (keys := self._branch(parent, inner)) is not None:
                return keys
            if not made and isinstance(parent, cst.Assign) and m.matches(parent.targets[0].target, m.Name()):
                name = text_of(parent.targets[0].target).lower()
                return set() if any(each.rpartition(".")[2].lower() in name for each in self._names(node)) else None
        return None

    def _outermost(self, node: cst.CSTNode) -> tuple[cst.CSTNode, cst.CSTNode, bool]:
        """The expression that comes to this activation, what holds it, and whether it is one that has been made."""
        made = False
        parent = self._parent(node)
        while (isinstance(parent, cst.Call) and parent.func is node) or isinstance(parent, cst.Lambda):
            made |= isinstance(parent, cst.Call)
            node, parent = parent, self._parent(parent)
        return node, parent, made

    def _of_a_dictionary(self, key: cst.BaseExpression, activations: int) -> set[str] | None:
        """A dictionary of several is one of meanings; of one that is not called by its name, one of settings."""
        text = _value(key) if isinstance(key, cst.SimpleString) else text_of(key)
        known = {name.rpartition(".")[2].lower() for name in self._every}
        plain = text.lower().replace("_", "").replace("-", "")
        return {text} if activations > 1 or plain in {name.replace("_", "") for name in known} else None

    def _in(self, owner: cst.CSTNode) -> int:
        named = m.findall(owner, m.Attribute() | m.Name())
        return sum(bool(self._names(each) & self._every) for each in named)

    def _branch(self, node: cst.CSTNode, inner: cst.CSTNode) -> set[str] | None:
        """The texts that the branch is for in which this stands; None where it is in none."""
        child = inner
        for above in (node, *self._above(node)):
            if isinstance(above, cst.FunctionDef | cst.ClassDef | cst.For | cst.While):
                return None
            if (
                isinstance(above, cst.If | cst.IfExp)
                and child is not above.test
                and (keys := self._compared(above.test))
            ):
                return keys if child is above.body else set()  # what is left over: no text says it
            if isinstance(above, cst.MatchCase) and (keys := self._texts_in(above.pattern)):
                return keys
            child = above
        return None

    def _compared(self, test: cst.BaseExpression) -> set[str]:
        return {text for each in m.findall(test, m.Comparison()) for text in self._texts_in(each)}

    def _texts_in(self, node: cst.CSTNode) -> set[str]:
        return {_value(cst.ensure_type(each, cst.SimpleString)) for each in m.findall(node, m.SimpleString())}

    def _chooses(self, text: cst.SimpleString) -> bool:
        """Whether a text is one that is looked up, and no key, no comparison, no list of all that there are."""
        parent = self._parent(text)
        if isinstance(parent, cst.Arg):
            call = self._parent(parent)
            names = self._names(call.func) if isinstance(call, cst.Call) else set()
            return not any(name.startswith(("torch.", "builtins.print")) for name in names)
        held = isinstance(parent, cst.DictElement) and parent.value is text
        return held or isinstance(parent, cst.Assign | cst.AnnAssign | cst.Index | cst.Param)

    def _above(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        while not isinstance(node, cst.Module):
            node = self._parent(node)
            yield node

    def _parent(self, node: cst.CSTNode) -> cst.CSTNode:
        found: cst.CSTNode = self.get_metadata(ParentNodeProvider, node)
        return found

    def _names(self, node: cst.CSTNode) -> set[str]:
        return {q.name for q in self.get_metadata(QualifiedNameProvider, node, set())}


def settle(files: Sequence[Meanings]) -> str:
    """Say which texts are to change in these files; returns why the exchange has no place in them, "" if it has."""
    if names := [name for each in files for name in each.names]:
        return f"{names[0]} is what a name means here: another name for it, or a default"
    keys = set[str]().union(*(each.keys for each in files))
    news = set[str]().union(*(each.news for each in files))
    chosen = [(each, text, holder) for each in files for text, holder in each.texts if _value(text) in keys]
    if not chosen:
        return ""
    said = f"a setting chooses the activation by the name {_value(chosen[0][1])!r}"
    holders = {holder for _, _, holder in chosen}
    if len(news) != 1:
        return f"{said}, and no name there stands for the other one"
    if cst.Param in holders:
        return f"{said}, as the default of an argument"
    if len(chosen) > 1 and holders != {cst.Index}:
        return f"{said}, in several places"
    (new,) = news
    for each, text, _ in chosen:
        each.settings[text] = f"{text.prefix}{text.quote}{new}{text.quote}"
    return ""


def _value(text: cst.SimpleString) -> str:
    return str(text.evaluated_value)


def torch_names(classes: Sequence[str], functions: Sequence[str]) -> set[str]:
    """What torch calls these classes and functions, in full."""
    calls = [f"{name}{end}" for name in functions for end in ("", "_")]
    places = ("torch", "torch.nn.functional")
    return {f"torch.nn.{name}" for name in classes} | {f"{place}.{call}" for place in places for call in calls}
