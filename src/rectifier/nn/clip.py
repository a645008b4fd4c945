"""Adaptive gradient clipping: each unit's gradient against the size of its weights."""

from collections.abc import Iterable

import torch
from torch import Tensor

#: Smallest norm that a unit's weights count with, so that those that begin at zero can grow. Brock et al. 2021.
SMALLEST = 1e-3


@torch.no_grad()
def clip_grad_unit_(parameters: Iterable[Tensor] | Tensor, limit: float = 0.01) -> None:
    """Give each unit's gradient at most `limit` times the norm of the unit's weights, in place.

    Call it between `backward()` and `step()`, as `torch.nn.utils.clip_grad_norm_`. A unit is a row of a linear layer's
    weight or a kernel of a convolution; of a vector (biases, scales) all entries together are one. Weights count with a
    norm of at least 0.001. After Brock et al. 2021, arXiv 2102.06171, whose `limit` of 0.01 is the default. Parameters
    without gradient are left out. Raises ValueError if `limit` is not positive.

    >>> w = torch.tensor([[3.0, 4.0], [0.3, 0.4]], requires_grad=True)
    >>> w.grad = torch.tensor([[0.0, 1.0], [0.0, 0.001]])
    >>> clip_grad_unit_([w])
    >>> w.grad
    tensor([[0.0000, 0.0500],
            [0.0000, 0.0010]])
    """
    if not limit > 0:
        raise ValueError(f"limit is a share of the weights' norm above 0, got {limit!r}.")
    for p in [parameters] if isinstance(parameters, Tensor) else parameters:
        if p.grad is not None:
            rest = tuple(range(1, p.dim())) or None
            largest = p.norm(dim=rest, keepdim=True).clamp(min=SMALLEST) * limit
            found = p.grad.norm(dim=rest, keepdim=True)
            p.grad.mul_((largest / found.clamp(min=1e-12)).clamp(max=1.0))
