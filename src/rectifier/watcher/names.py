"""What the user calls a module, a parameter or a tensor."""

import inspect
import sys
import weakref
from collections.abc import Callable, Container, Iterator
from types import FrameType, ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.nn.modules import module as torch_module

from rectifier.watcher.lines import user_frame

#: Longer lists are not searched for what somebody calls a thing.
_MANY = 1000
_WRAPPERS = ("_orig_mod.",)  # torch.compile's own level in the path: not the user's name


class Names:
    """Paths as `named_modules()` of the outermost module gives them; variables' names where there is no module.

    Every module that is put into another one is noted (torch's registration hook), so that the outermost
    module is known even where its `forward` is never called.
    """

    def __init__(self) -> None:
        self._parents: dict[int, tuple[weakref.ref[Any], weakref.ref[Any]]] = {}
        self._known: dict[int, tuple[weakref.ref[Any], str, weakref.ref[torch.nn.Module] | None]] = {}
        self._variables: dict[int, tuple[weakref.ref[Any], str]] = {}  # of outermost modules
        self._owners: dict[int, tuple[weakref.ref[Any], str]] = {}
        self._roots: dict[int, weakref.ref[torch.nn.Module]] = {}
        self.fast_path = False  #: whether a module exists whose evaluation differs while torch functions are seen

    def install(self) -> Any:
        """Begin to note which module is put into which; returns torch's handle."""
        return torch_module.register_module_module_registration_hook(self._registered)

    def _registered(self, parent: torch.nn.Module, name: str, child: Any) -> None:
        if child is not None:
            self._parents[id(child)] = (weakref.ref(child), weakref.ref(parent))
        if isinstance(child, torch.nn.MultiheadAttention | torch.nn.TransformerEncoderLayer):
            self.fast_path = True

    def _outermost(self, module: torch.nn.Module) -> torch.nn.Module:
        for _ in range(1000):  # a module that contains itself would go on for ever
            child, parent = self._parents.get(id(module), (None, None))
            above = parent() if parent is not None and child is not None and child() is module else None
            if above is None:
                break
            module = above
        return module

    def learn(self, module: torch.nn.Module) -> None:
        """Learn the names of everything in the outermost module around this one."""
        root = self._outermost(module)
        self._roots[id(root)] = weakref.ref(root)
        self._learn(root)

    def in_modules_with(self, parameters: set[int]) -> set[int]:
        """Ids of all parameters of the outermost modules that hold one of these."""
        found: set[int] = set()
        for reference in self._roots.values():
            root = reference()
            held = set() if root is None else {id(p) for p in root.parameters()}
            found |= held if held & parameters else set()
        return found

    def modes(self) -> list[bool]:
        """Of each outermost module that was used, whether it is in training mode."""
        roots = [reference() for reference in self._roots.values()]
        return [root.training for root in roots if root is not None]

    def _learn(self, root: torch.nn.Module) -> None:
        of_root = weakref.ref(root)
        for path, inner in root.named_modules():
            self._remember(inner, path, of_root)
            for name, parameter in inner._parameters.items():
                if parameter is not None:
                    self._remember(parameter, f"{path}.{name}" if path else name, of_root)

    def _remember(self, thing: Any, name: str, root: weakref.ref[torch.nn.Module]) -> None:
        for wrapper in _WRAPPERS:
            name = name.replace(wrapper, "")
        if self._look_up(thing) is None:
            self._known[id(thing)] = (weakref.ref(thing), name, root)

    def root(self, thing: Any) -> torch.nn.Module | None:
        """The outermost module that holds a module or parameter; None if that is not known."""
        found = self._known.get(id(thing))
        return found[2]() if found is not None and found[2] is not None and found[0]() is thing else None

    def knows(self, thing: object) -> bool:
        """Whether it belongs to a module whose names have been learned."""
        return self._look_up(thing) is not None

    def _look_up(self, thing: object) -> str | None:
        found = self._known.get(id(thing))
        return found[1] if found is not None and found[0]() is thing else None

    def of(self, thing: Any, frame: FrameType | None = None) -> str | None:
        """The name of a module, parameter or tensor: its path, else the variable that holds it, else None."""
        name = self._look_up(thing)
        if name is None:
            known = list(self._roots.values()) + [parent for _, parent in self._parents.values()]
            roots = {
                id(root): root
                for module in known
                if (found := module()) is not None
                for root in [self._outermost(found)]
            }
            for root in roots.values():
                self._learn(root)
                if (name := self._look_up(thing)) is not None:
                    break
        if name is None and frame is not None and (name := holder(thing, frame) or _variable(thing, frame)):
            self._known[id(thing)] = (weakref.ref(thing), name, None)
        return name

    def path(self, module: torch.nn.Module, frame: FrameType | None = None) -> str | None:
        """The path of a module; of an outermost one, which has none, the variable that holds it, or its class."""
        name = self.of(module, frame)
        if name or name is None:
            return name
        reference, variable = self._variables.get(id(module), (None, None))
        if reference is None or reference() is not module:
            variable = (frame and _variable(module, frame)) or type(module).__name__
            self._variables[id(module)] = (weakref.ref(module), variable)
        return variable

    def owner(self, parameter: Any, frame: FrameType | None = None) -> str | None:
        """The path of the module that owns a parameter (`net.0` for `net.0.weight`), else the variable's name."""
        found = self._owners.get(id(parameter))
        if found is not None and found[0]() is parameter:
            return found[1]
        owner = self._owner(parameter, frame)
        if owner is not None:
            self._owners[id(parameter)] = (weakref.ref(parameter), owner)
        return owner

    def _owner(self, parameter: Any, frame: FrameType | None) -> str | None:
        name = self.of(parameter, frame)
        if name is None:
            return None
        path, dot, _ = name.rpartition(".")
        if dot:
            return path
        module = self._module_of(parameter)
        if module is None:
            return name  # a bare tensor: the variable that holds it
        return (frame and _variable(module, frame)) or type(module).__name__

    def _module_of(self, parameter: Any) -> torch.nn.Module | None:
        for root in self._roots.values():
            module = root()
            if module is not None and any(p is parameter for p in module._parameters.values()):
                return module
        return None


def holder(thing: object, frame: FrameType, taken: Container[str] = ()) -> str | None:
    """What holds a thing that the script keeps: a variable, an item of a list or dictionary, or an attribute of an
    object (without the object's name where that is `self`).

    Of several the one furthest out, and there the one that was there first. Names that are `taken` are left out: a
    loop's variable holds one after the other.
    """
    for scope in list(_scopes(user_frame(frame), user_frame))[::-1]:
        for name, value in scope.items():
            for found in (*_as_variable(thing, name, value), *_as_attribute(thing, name, value)):
                if found not in taken:
                    return found
    return None


def _as_variable(thing: object, name: str, value: object) -> Iterator[str]:
    """The variable, or an item of what it holds."""
    if value is thing:
        if not name.startswith("_") and name != "self":
            yield name
    elif isinstance(value, list | tuple) and len(value) <= _MANY:
        yield from (f"{name}[{index}]" for index, item in enumerate(value) if item is thing)
    elif isinstance(value, dict) and len(value) <= _MANY and not name.startswith("__"):
        yield from (f"{name}[{key!r}]" for key, item in list(value.items()) if item is thing)


def _as_attribute(thing: object, name: str, value: object) -> Iterator[str]:
    """An attribute of an object, or an item of what it holds."""
    if isinstance(value, type | ModuleType | torch.nn.Module | Tensor):
        return
    try:
        attributes = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return
    if isinstance(attributes, dict) and len(attributes) <= _MANY:
        before = "" if name == "self" else f"{name}."
        for key, each in list(attributes.items()):
            if isinstance(key, str):
                yield from (before + found for found in _as_variable(thing, key, each))


def _variable(thing: object, frame: FrameType) -> str | None:
    """The innermost variable, or item of a variable, that holds a thing."""
    for scope in _scopes(frame):
        for name, value in scope.items():
            if (found := next(_as_variable(thing, name, value), None)) is not None:
                return found
    return None


def _locals(frame: FrameType) -> dict[str, Any]:
    """A frame's variables, none of which is kept alive.

    Before Python 3.13 a function's frame keeps the dictionary that is made for whoever asks, and so all that was in it;
    it is emptied again. A function that may have asked for it itself is left alone: more would be in it than before.
    """
    if sys.version_info >= (3, 13) or not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        return dict(frame.f_locals)
    if not _ASKS_ITSELF.isdisjoint(frame.f_code.co_names):
        return {}
    found = frame.f_locals
    variables = dict(found)
    found.clear()
    return variables


_ASKS_ITSELF = frozenset({"locals", "vars", "eval", "exec"})


def _scopes(
    frame: FrameType | None, step: Callable[[FrameType | None], FrameType | None] = lambda frame: frame
) -> Iterator[dict[str, Any]]:
    """The variables of a frame and of those that led to it, the innermost first: all, or those that `step` goes to."""
    while frame is not None:
        yield _locals(frame)
        # What runs a file, or a cell of a notebook, is not the script: its variables hold all of that file's.
        above = step(frame.f_back) if frame.f_code.co_name != "<module>" else None
        if above is None or frame.f_globals is not above.f_globals:
            yield dict(frame.f_globals)
        frame = above
