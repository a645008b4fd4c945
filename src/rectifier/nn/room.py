"""Memory for what is kept from forward to backward, apart from the heap.

Kept pieces lie between the large tensors that come and go around them, and a heap full of such holes grows: an MLP that
kept one bit instead of its activations used twice the memory of one that kept all. Pages of their own are given back as
soon as they are let go.
"""

import mmap
import sys

import torch
from torch import Tensor

_LEAST = 1 << 17
"""Bytes from which on a piece gets pages of its own. Chosen by us: what the C library itself starts with."""
_HUGE = 1 << 22
_ON_LINUX = sys.platform == "linux"


def room(size: int) -> Tensor:
    """So many bytes of CPU memory, not initialised, as a tensor of uint8.

    >>> room(1 << 20).shape
    torch.Size([1048576])
    """
    if size < _LEAST or not _ON_LINUX:
        return torch.empty(size, dtype=torch.uint8)
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if size >= _HUGE:
        pages.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(pages, dtype=torch.uint8)
