"""Members of the catalogue as functions of torch tensors, with autograd, on any device.

Torch's own function is used where the definition names one; otherwise the definition's formula, which torch
differentiates. Tensors of integers and booleans are computed as integers if the member maps integers to integers,
else in torch's default floating-point type.
"""

import operator
from collections.abc import Callable
from typing import Any

import torch

from rectifier import catalogue
from rectifier.axes import half, need_axis
from rectifier.catalogue import Activation


def value(member: Activation, x: torch.Tensor, *parameters: Any, axis: int = -1) -> torch.Tensor:
    """The member of x. `axis` is the one along which rows lie, or x or the result is made of two halves.

    >>> from rectifier import catalogue
    >>> value(catalogue.get("relu"), torch.tensor([-2, -1, 0, 1, 2]))
    tensor([0, 0, 0, 1, 2])
    """
    x = computable(member, x)
    inputs = _inputs(member, x, axis)
    own = torch_function(member)
    if own is not None and not any(isinstance(parameter, torch.Tensor) for parameter in parameters):
        # torch warns and guesses if softmax is not told its axis
        found: torch.Tensor = own(x, *parameters) if member.kind == "elementwise" else own(x, axis)
        return found
    result = _computed(member.formula, inputs, parameters)
    if member.kind == "rowwise":
        return torch.movedim(result, -1, axis)
    return torch.cat(result, axis) if isinstance(result, tuple) else result


def derivative(member: Activation, x: torch.Tensor, *parameters: Any, axis: int = -1) -> torch.Tensor:
    """Its slope by the definition, itself differentiable; the Jacobian (..., n, n) of rowwise members. For gated ones
    those by the first and by the second half are joined as x is, for concatenated ones as the result is.

    >>> from rectifier import catalogue
    >>> derivative(catalogue.get("leaky_relu"), torch.tensor([-2.0, 0.0, 2.0]), 0.5)
    tensor([0.5000, 0.5000, 1.0000])
    """
    result = _computed(member.slope, _inputs(member, computable(member, x), axis), parameters)
    return torch.cat(result, axis) if isinstance(result, tuple) else result


def _inputs(member: Activation, x: torch.Tensor, axis: int) -> tuple[torch.Tensor, ...]:
    """What the definition's functions take."""
    if member.kind == "elementwise":
        return (x,)
    if member.kind == "rowwise":
        return (torch.movedim(x, axis, -1),)
    need_axis(member.name, x.shape)
    x.size(axis)  # torch's own error if there is no such axis
    if member.kind == "concatenated":
        return (x,)
    length = half(member.name, x.shape, axis)
    return x.narrow(axis, 0, length), x.narrow(axis, length, length)


def _computed(function: Callable[..., Any], inputs: tuple[torch.Tensor, ...], parameters: tuple[Any, ...]) -> Any:
    """Formula or slope. Of half-precision inputs in float32, as torch's own functions do it: a formula has many steps,
    and each would be rounded."""
    dtype = inputs[0].dtype
    if dtype not in (torch.float16, torch.bfloat16) or any(isinstance(p, torch.Tensor) for p in parameters):
        return function(torch, *inputs, *parameters)
    result = function(torch, *(each.float() for each in inputs), *parameters)
    return tuple(part.to(dtype) for part in result) if isinstance(result, tuple) else result.to(dtype)


def computable(member: Activation, x: torch.Tensor) -> torch.Tensor:
    """x in a type the member can be computed in."""
    if x.is_complex():
        raise TypeError(f"{member.name} is defined for real numbers, but was given a tensor of {x.dtype}.")
    if x.is_floating_point():
        return x
    if member.integers:
        return x.to(torch.int8) if x.dtype == torch.bool else x
    return x.to(torch.get_default_dtype())


def torch_function(member: Activation) -> Callable[..., Any] | None:
    """Torch's own function of the same meaning, if the definition names one."""
    return _OWN.get(member.name)


_OWN: dict[str, Callable[..., Any]] = {
    member.name: operator.attrgetter(member.torch.removeprefix("torch."))(torch)
    for member in catalogue.members()
    if member.torch is not None
}
"""All of them, found beforehand: a compiler that traces a call sees through a dictionary, not through an import."""
