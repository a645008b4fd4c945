"""Tensors with many zeros, stored without loss as one bit for each element and the values of the others."""

import threading
import weakref
from typing import Any

import torch
from torch import Tensor

from rectifier import _native
from rectifier.nn.native import LARGE

_WIDTHS = {
    torch.float16: (2, torch.int16),
    torch.bfloat16: (2, torch.int16),
    torch.float32: (4, torch.int32),
    torch.float64: (8, torch.int64),
}
_SAMPLE, _SAMPLES = 512, 8
_WORTH = 0.8
"""Of the elements at most so many may be non-zero: for more, what is saved is little beside the work."""


class Sparse:
    """One tensor, stored. Bits of the elements decide: -0.0 and NaN come back as they were.

    >>> x = torch.relu(torch.linspace(-8, 1, 9000))
    >>> stored = Sparse.of(x)
    >>> stored.nbytes < x.nbytes / 5, torch.equal(stored.dense(), x)
    (True, True)
    >>> Sparse.of(torch.rand(9000)) is None
    True
    """

    def __init__(self, bits: Tensor, values: Tensor, shape: torch.Size, strides: tuple[int, ...]) -> None:
        self.bits = bits
        self.values = values
        self.shape = shape
        self.strides = strides
        self._expanded: tuple[Any, int] | None = None
        self._lock = threading.Lock()

    @staticmethod
    def of(x: Tensor) -> "Sparse | None":
        """The tensor stored, or None if it is not of a kind that can be, or has too few zeros."""
        if type(x) is not Tensor or x.dtype not in _WIDTHS or x.layout is not torch.strided or not _is_dense(x):
            return None
        if x.is_neg() or x.numel() == 0:
            return None
        if x.is_cpu:
            return _stored(x)
        return _stored_elsewhere(x)

    @property
    def nbytes(self) -> int:
        """Bytes it takes."""
        return self.bits.nbytes + self.values.nbytes

    def dense(self) -> Tensor:
        """The tensor itself. As long as somebody has it, everybody gets the same one."""
        with self._lock:
            if self._expanded is not None:
                known, version = self._expanded
                alive = known()
                if alive is not None and alive._version == version:
                    return alive  # type: ignore[no-any-return]
            found = self._dense()
            self._expanded = weakref.ref(found), found._version
            return found

    def _dense(self) -> Tensor:
        out = torch.empty_strided(self.shape, self.strides, dtype=self.values.dtype, device=self.values.device)
        width, word = _WIDTHS[out.dtype]
        if out.is_cpu:
            if out.nbytes >= LARGE:
                _native.prefer_huge_pages(out.data_ptr(), out.nbytes)
            _native.expand(width, self.bits.data_ptr(), self.values.data_ptr(), out.data_ptr(), out.numel())
            return out
        places = torch.arange(8, dtype=torch.uint8, device=out.device)
        where = (self.bits[:, None] >> places).bitwise_and(1).bool().flatten()[: out.numel()]
        flat = torch.zeros(out.numel(), dtype=word, device=out.device)
        flat[where] = self.values.view(word)
        return out.copy_(flat.view(out.dtype).as_strided(self.shape, self.strides))


def _is_dense(x: Tensor) -> bool:
    """Whether its elements fill a stretch of memory, in whatever order."""
    if x.is_contiguous():
        return True
    found: bool = torch.ops.aten.is_non_overlapping_and_dense.default(x)
    return found


def _stored(x: Tensor) -> Sparse | None:
    width, _ = _WIDTHS[x.dtype]
    start, size = x.data_ptr(), x.numel()
    bits = torch.empty((size + 7) // 8, dtype=torch.uint8)
    if size > 2 * _SAMPLE * _SAMPLES:  # a look at a few places spares a look at all of what is dense anyway
        apart = size // _SAMPLES // 8 * 8
        found = sum(
            _native.mark_nonzero(width, start + k * apart * width, bits.data_ptr(), _SAMPLE) for k in range(_SAMPLES)
        )
        if found > (_WORTH + 0.1) * _SAMPLE * _SAMPLES:
            return None
    kept = _native.mark_nonzero(width, start, bits.data_ptr(), size)
    if kept > _WORTH * size:
        return None
    values = torch.empty(kept, dtype=x.dtype)
    _native.compress(width, start, bits.data_ptr(), values.data_ptr(), size)
    return Sparse(bits, values, x.shape, x.stride())


def _stored_elsewhere(x: Tensor) -> Sparse | None:
    """The same by torch's operations, for other devices."""
    _, word = _WIDTHS[x.dtype]
    flat = x.detach().as_strided((x.numel(),), (1,)).view(word)
    where = flat != 0
    values = flat[where].view(x.dtype)
    if values.numel() > _WORTH * x.numel():
        return None
    eights = torch.nn.functional.pad(where.to(torch.uint8), (0, -x.numel() % 8)).view(-1, 8)
    bits = (eights << torch.arange(8, dtype=torch.uint8, device=x.device)).sum(1, dtype=torch.uint8)
    return Sparse(bits, values, x.shape, x.stride())
