"""Activations as modules, in place of those of torch.nn: each is a subclass of torch's, if torch has it.

So constructor arguments, attributes, repr, state and pickling are torch's, `isinstance(m, torch.nn.ReLU)` holds, and
only the computing differs: it is that of `rectifier.nn.functional`. `torch.jit.script`, which compiles the text of a
method, is shown that of torch's own; docs/compilers.md says what each compiler makes of these classes.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  as torch's own files call it
from torch import Tensor, nn

from rectifier import catalogue
from rectifier.catalogue import Activation
from rectifier.nn import functional

_NAMES = {
    "crelu": "CReLU",
    "geglu": "GEGLU",
    "gelu_tanh": "GELUTanh",
    "reglu": "ReGLU",
    "relu_squared": "ReLUSquared",
    "smelu": "SmeLU",
    "squareplus": "Squareplus",
    "swiglu": "SwiGLU",
}
"""Of classes torch has not, where the spelling is more than a capital letter."""


@functools.cache
def names() -> dict[str, str]:
    """The name of each member's class.

    >>> names()["leaky_relu"], names()["squareplus"]
    ('LeakyReLU', 'Squareplus')
    """
    own = {name.lower(): name for name in dir(nn) if inspect.isclass(getattr(nn, name))}
    return {
        name: own.get(name.replace("_", "")) or _NAMES.get(name) or name.title().replace("_", "")
        for name in catalogue.names()
    }


def member_of(module: nn.Module) -> str | None:
    """The name of the member it is, torch's class or ours; subclasses of the user's own may do something else.

    >>> member_of(nn.GELU(approximate="tanh")), member_of(nn.Linear(1, 1))
    ('gelu_tanh', None)
    """
    if type(module).__module__.split(".")[0] not in ("torch", "rectifier"):
        return None
    found = {kind: name for name, kind in names().items()}.get(type(module).__name__)
    return "gelu_tanh" if found == "gelu" and getattr(module, "approximate", "none") == "tanh" else found


def module(member: Activation) -> type[nn.Module]:
    """The member's class: a subclass of torch's where torch has one.

    >>> module(catalogue.get("elu"))(alpha=0.5)
    ELU(alpha=0.5)
    """
    name = names()[member.name]
    own = getattr(nn, name, None)
    made = _defined(member, name) if own is None else _subclass(member, name, own)
    made.__doc__ = (
        f"{member.text}. {member.summary}\n\n`rectifier.explain` and `rectifier explain {member.name}` say more."
    )
    return made


def _subclass(member: Activation, name: str, own: type[nn.Module]) -> type[nn.Module]:
    """Torch's class, computing with ours."""
    if member.name in ("softmax", "log_softmax", "glu"):  # rows and halves are torch's own
        return type(name, (own,), {"__module__": "rectifier.nn"})
    function: Callable[..., Tensor] = getattr(functional, member.name)
    forward: Callable[[Any, Tensor], Tensor]
    if member.name == "prelu":

        def forward(self: Any, input: Tensor) -> Tensor:
            return function(input, self.weight)

    elif member.name == "rrelu":

        def forward(self: Any, input: Tensor) -> Tensor:
            return function(input, self.lower, self.upper, self.training, self.inplace)

    else:
        accepted = inspect.signature(function).parameters
        given = [key for key in inspect.signature(own).parameters if key in accepted]
        forward = _forward(function, given)

    forward.__wrapped__ = own.forward  # type: ignore[attr-defined]  # what torch.jit.script reads
    return type(name, (own,), {"__module__": "rectifier.nn", "forward": forward})


_NAMED_IN_TORCHS_TEXT = torch, F
"""`torch.jit.script` looks up what torch's methods name in the file of ours: here."""


def _forward(function: Callable[..., Tensor], given: list[str]) -> Callable[[Any, Tensor], Tensor]:
    """A forward method that calls the function with these attributes of the module."""
    if not given:
        return lambda self, input: function(input)
    first, *rest = given
    if not rest:
        return lambda self, input: function(input, getattr(self, first))
    return lambda self, input: function(input, getattr(self, first), *[getattr(self, key) for key in rest])


def _defined(member: Activation, name: str) -> type[nn.Module]:
    """A class for a member torch does not have, with the definition's parameters or the dimension it works along."""
    if member.kind == "elementwise":
        defaults = {parameter.name: parameter.default for parameter in member.parameters}
    else:
        defaults = {"dim": -1}

    def construct(self: Any, *given: float, **named: float) -> None:
        nn.Module.__init__(self)
        for key, value in signature.bind(self, *given, **named).arguments.items():
            if key != "self":
                setattr(self, key, value)
        for key, value in defaults.items():
            if not hasattr(self, key):
                setattr(self, key, value)

    def forward(self: Any, input: Tensor) -> Tensor:
        function = getattr(functional, member.name)
        result: Tensor = function(input, *[getattr(self, key) for key in defaults])
        return result

    def refuse(self: Any) -> None:
        raise TypeError(
            f"rectifier.nn.{name} cannot be compiled by torch.jit.script: torch has no such operation, and the formula "
            "is no TorchScript. Use torch.compile, torch.export or torch.jit.trace; docs/compilers.md says more."
        )

    def extra_repr(self: Any) -> str:
        return ", ".join(f"{key}={getattr(self, key)}" for key in defaults)

    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature(
        [inspect.Parameter("self", either)]
        + [inspect.Parameter(key, either, default=value) for key, value in defaults.items()]
    )
    construct.__signature__ = signature  # type: ignore[attr-defined]
    body = {
        "__module__": "rectifier.nn", "__init__": construct, "forward": forward, "extra_repr": extra_repr,
        "__prepare_scriptable__": refuse,  # what torch.jit.script asks of a module first
    }  # fmt: skip
    return type(name, (nn.Module,), body)
