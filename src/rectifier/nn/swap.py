"""Other activations in a model that is there already: its weights, optimizer and hooks stay."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from rectifier import catalogue
from rectifier.nn.activations import member_of, module, names


@dataclass(frozen=True, slots=True)
class Swapped:
    """What `swap` did."""

    replaced: tuple[str, ...]
    """Names of the modules replaced, as `named_modules()` gives them."""
    parameters: tuple[nn.Parameter, ...]
    """New parameters, such as PReLU's weights: `optimizer.add_param_group({"params": swapped.parameters})`."""
    not_swapped: tuple[str, ...]
    """Where the model applies the activation in a way that cannot be replaced from outside: the module's name, what it
    does and, if known, file and line."""

    def __str__(self) -> str:
        lines = [f"{len(self.replaced)} replaced: {', '.join(self.replaced) or 'none'}"]
        if self.parameters:
            lines.append(f"{len(self.parameters)} new parameters: add them to the optimizer")
        lines += [f"not swapped: {each}" for each in self.not_swapped]
        return "\n".join(lines)


def swap(model: nn.Module, old: str, new: str, **parameters: Any) -> Swapped:
    """Replace each module of the activation `old` by one of `new`, in place.

    `parameters` are the new modules' constructor arguments; `inplace` is taken over from the old one. A module that is
    used in several places stays one. Functional calls in the model's own code cannot be replaced; they are said.

    >>> net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Sequential(nn.ReLU()))
    >>> swap(net, "relu", "leaky_relu", negative_slope=0.2).replaced
    ('1', '2.0')
    >>> net[1]
    LeakyReLU(negative_slope=0.2)

    Raises:
        LookupError: there is no such activation.
        TypeError: the new one has no such parameter, or needs one that was not given; or this is no model.
        ValueError: the model is itself the activation, which only its owner can replace.
    """
    before, after = catalogue.get(old), catalogue.get(new)
    if not isinstance(model, nn.Module):
        raise TypeError(f"swap works on a torch.nn.Module, got {type(model).__name__}.")
    if member_of(model) == before.name:
        raise ValueError(f"The model is itself a {type(model).__name__}: build {names()[new]}(...) in its place.")
    made: dict[nn.Module, nn.Module] = {}
    replaced = []
    like = next((each for each in model.parameters() if each.is_floating_point()), None)
    order = [name for name, _ in model.named_modules(remove_duplicate=False)]
    for path, owner in list(model.named_modules()):
        for name, child in list(owner._modules.items()):
            if child is not None and member_of(child) == before.name:
                if child not in made:
                    made[child] = _made(after.name, child, parameters, like)
                owner._modules[name] = made[child]
                replaced.append(f"{path}.{name}" if path else name)
    found = tuple(each for module in made.values() for each in module.parameters())
    return Swapped(tuple(sorted(replaced, key=order.index)), found, tuple(_functional(model, before.name)))


def _made(name: str, old: nn.Module, parameters: dict[str, Any], like: torch.Tensor | None) -> nn.Module:
    made: Any = module(catalogue.get(name))
    accepted = inspect.signature(made).parameters
    unknown = [key for key in parameters if key not in accepted]
    if unknown:
        raise TypeError(f"{made.__name__} has no parameter {unknown[0]!r}; it has: {', '.join(accepted) or 'none'}.")
    given = dict(parameters)
    if "inplace" in accepted and "inplace" not in given and hasattr(old, "inplace"):
        given["inplace"] = old.inplace
    new: nn.Module = made(**given)
    if like is not None:
        new.to(like.device, like.dtype)
    new.train(old.training)
    for key, hooks in vars(old).items():
        if key.endswith("_hooks") or key.endswith("_hooks_with_kwargs") or key.endswith("_hooks_always_called"):
            vars(new)[key] = hooks
    return new


def _functional(model: nn.Module, name: str) -> Iterator[str]:
    """Where the model's own code calls the function, or holds it as an attribute."""
    spellings = {name, f"{name}_"}
    seen = set()
    for path, owner in model.named_modules():
        here = path or type(owner).__name__
        for key, held in vars(owner).items():
            if callable(held) and not isinstance(held, nn.Module) and getattr(held, "__name__", "") in spellings:
                yield f"{here} holds {held.__name__} as its attribute {key!r}"
        if type(owner) in seen or type(owner).__module__.split(".")[0] in ("torch", "rectifier"):
            continue
        seen.add(type(owner))
        yield from (f"{here} calls {call} at {place}" for call, place in _calls(type(owner), spellings))


def _calls(owner: type, spellings: set[str]) -> Iterator[tuple[str, str]]:
    try:
        lines, first = inspect.getsourcelines(owner)
        tree = ast.parse(textwrap.dedent("".join(lines)))
        file = inspect.getsourcefile(owner)
    except (OSError, TypeError, SyntaxError):
        return  # typed at a prompt, or built without source
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in spellings:
                yield ast.unparse(node.func), f"{file}:{first + node.lineno - 1}"
