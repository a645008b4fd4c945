"""Memory for large tensors, apart from the heap.

What is kept from forward to backward lies between the large tensors that come and go around it, and a heap full of such
holes grows: an MLP that kept one bit instead of its activations used twice the memory of one that kept all. A library
that gives all back at once pays for it with a page fault every 4 KiB. So large tensors get pages of their own, and
those that were let go serve the next ones (`bind/pages.cpp`).
"""

import torch
from torch import Tensor

from rectifier import _native

_LEAST = 1 << 17
"""Bytes from which on a piece gets pages of its own. Chosen by us: what the C library itself starts with."""


def room(size: int) -> Tensor:
    """So many bytes of CPU memory, not initialised, as a tensor of uint8.

    >>> room(1 << 20).shape
    torch.Size([1048576])
    """
    if size < _LEAST:
        return torch.empty(size, dtype=torch.uint8, device="cpu")
    return torch.frombuffer(_native.Pages(size), dtype=torch.uint8)


def room_for(shape: torch.Size, strides: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """The same for a tensor whose elements fill a stretch of memory.

    >>> room_for(torch.Size([1024, 1024]), (1, 1024), torch.float32).stride()
    (1, 1024)
    """
    storage = room(shape.numel() * dtype.itemsize).untyped_storage()
    # Not a view, which autograd would treat as one.
    return torch.empty(0, dtype=dtype, device="cpu").set_(storage, 0, shape, strides)
