"""Members of the catalogue as functions of torch tensors, with autograd, on any device.

Torch's own function is used where the definition names one; otherwise the definition's formula, which torch
differentiates. Tensors of integers and booleans are computed as integers if the member maps integers to integers,
else in torch's default floating-point type.
"""

import functools
import importlib
from collections.abc import Callable
from typing import Any

import torch

from rectifier.catalogue import Activation


def value(member: Activation, x: torch.Tensor, *parameters: Any, axis: int = -1) -> torch.Tensor:
    """The member of x. `axis` is the row's axis of rowwise members.

    >>> from rectifier import catalogue
    >>> value(catalogue.get("relu"), torch.tensor([-2, -1, 0, 1, 2]))
    tensor([0, 0, 0, 1, 2])
    """
    x = computable(member, x)
    own = torch_function(member)
    if own is not None and not any(isinstance(parameter, torch.Tensor) for parameter in parameters):
        # torch warns and guesses if softmax is not told its axis
        found: torch.Tensor = own(x, axis) if member.rowwise else own(x, *parameters)
        return found
    if member.rowwise:
        return torch.movedim(member.formula(torch, torch.movedim(x, axis, -1), *parameters), -1, axis)
    result: torch.Tensor = member.formula(torch, x, *parameters)
    return result


def derivative(member: Activation, x: torch.Tensor, *parameters: Any, axis: int = -1) -> torch.Tensor:
    """Its slope by the definition, itself differentiable; the Jacobian (..., n, n) of rowwise members.

    >>> from rectifier import catalogue
    >>> derivative(catalogue.get("leaky_relu"), torch.tensor([-2.0, 0.0, 2.0]), 0.5)
    tensor([0.5000, 0.5000, 1.0000])
    """
    x = computable(member, x)
    result: torch.Tensor = member.slope(torch, torch.movedim(x, axis, -1) if member.rowwise else x, *parameters)
    return result


def computable(member: Activation, x: torch.Tensor) -> torch.Tensor:
    """x in a type the member can be computed in."""
    if x.is_complex():
        raise TypeError(f"{member.name} is defined for real numbers, but was given a tensor of {x.dtype}.")
    if x.is_floating_point():
        return x
    if member.integers:
        return x.to(torch.int8) if x.dtype == torch.bool else x
    return x.to(torch.get_default_dtype())


@functools.cache
def torch_function(member: Activation) -> Callable[..., Any] | None:
    """Torch's own function of the same meaning, if the definition names one."""
    if member.torch is None:
        return None
    module, _, name = member.torch.rpartition(".")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found
