"""Tensors stored without loss in less space.

Those with many zeros as one bit for each element and the values of the others; whole numbers, as the places that
max-pooling keeps, in as few bytes as the largest of them needs.
"""

import threading
import weakref
from typing import Any

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

from rectifier import _native
from rectifier.nn.room import room, room_for

_WIDTHS = {
    torch.float16: (2, torch.int16),
    torch.bfloat16: (2, torch.int16),
    torch.float32: (4, torch.int32),
    torch.float64: (8, torch.int64),
}
_SAMPLE, _SAMPLES = 512, 8
_GOLDEN = 0.618034
_WORTH = 0.8
"""Of the elements at most so many may be non-zero: for more, what is saved is little beside the work."""


_NARROWER = {
    torch.int64: (torch.uint8, torch.int16, torch.int32),
    torch.int32: (torch.uint8, torch.int16),
}


_known: dict[int, StorageWeakRef] = {}
"""By the address of what ReLU put out: the bits it keeps. A hint, since addresses come again: it is looked whether they
are those of the elements."""
_MOST_KNOWN = 256


def remember(y: Tensor, bits: Tensor) -> None:
    """ReLU gave `y` and keeps these bits, which say where it is zero."""
    if len(_known) >= _MOST_KNOWN:
        for address, reference in list(_known.items()):
            if reference.expired() or len(_known) >= _MOST_KNOWN:
                _known.pop(address, None)
    _known[y.data_ptr()] = StorageWeakRef(bits.untyped_storage())


def _known_bits(x: Tensor) -> Tensor | None:
    reference = _known.get(x.data_ptr())
    # Not the tensor itself: what autograd keeps of it may be another one with the same memory.
    storage = None if reference is None else torch.UntypedStorage._new_with_weak_ptr(reference.cdata)
    if storage is None or storage.nbytes() < (x.numel() + 7) // 8:
        return None
    return torch.empty(0, dtype=torch.uint8, device="cpu").set_(storage, 0, ((x.numel() + 7) // 8,), (1,))


def stored(x: Tensor) -> "Stored | None":
    """The tensor in less space; None if it is not of a kind that can be, or nothing would be saved."""
    if type(x) is not Tensor or x.layout is not torch.strided or x.numel() == 0 or not _is_dense(x):
        return None
    return Narrow.of(x) if x.dtype in _NARROWER else Sparse.of(x)


class Stored:
    """One tensor, stored."""

    def __init__(self) -> None:
        self._expanded: tuple[Any, int] | None = None
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Bytes it takes, beside what is kept anyway."""
        raise NotImplementedError

    def _dense(self) -> Tensor:
        raise NotImplementedError

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


class Narrow(Stored):
    """Whole numbers in fewer bytes.

    >>> x = torch.arange(9000) % 1024
    >>> stored = Narrow.of(x)
    >>> x.nbytes // stored.nbytes, torch.equal(stored.dense(), x)
    (4, True)
    """

    def __init__(self, values: Tensor, dtype: torch.dtype) -> None:
        super().__init__()
        self.values, self.dtype = values, dtype

    @staticmethod
    def of(x: Tensor) -> "Narrow | None":
        """The numbers stored, or None if they need all their bytes."""
        low, high = map(int, x.aminmax())
        for dtype in _NARROWER[x.dtype]:
            if torch.iinfo(dtype).min <= low and high <= torch.iinfo(dtype).max:
                return Narrow(_converted(x, dtype), x.dtype)
        return None

    @property
    def nbytes(self) -> int:
        return self.values.nbytes

    def _dense(self) -> Tensor:
        return _converted(self.values, self.dtype)


class Sparse(Stored):
    """Without its zeros. Bits of the elements decide: -0.0 and NaN come back as they were.

    >>> x = torch.relu(torch.linspace(-8, 1, 9000))
    >>> stored = Sparse.of(x)
    >>> stored.nbytes < x.nbytes / 5, torch.equal(stored.dense(), x)
    (True, True)
    >>> Sparse.of(torch.rand(9000)) is None
    True
    """

    def __init__(
        self, bits: Tensor, values: Tensor, shape: torch.Size, strides: tuple[int, ...], shared: bool = False
    ) -> None:
        super().__init__()
        self.bits = bits
        self.shared = shared
        """Whether the bits are those that ReLU keeps for its own backward pass."""
        self.values = values
        self.shape = shape
        self.strides = strides

    @staticmethod
    def of(x: Tensor) -> "Sparse | None":
        """The tensor stored, or None if it is not of a kind that can be, or has too few zeros."""
        if x.dtype not in _WIDTHS or x.is_neg():
            return None
        if x.is_cpu:
            return _stored(x)
        return _stored_elsewhere(x)

    @property
    def nbytes(self) -> int:
        return self.values.nbytes + (0 if self.shared else self.bits.nbytes)

    def _dense(self) -> Tensor:
        width, word = _WIDTHS[self.values.dtype]
        if self.values.is_cpu:
            out = room_for(self.shape, self.strides, self.values.dtype)
            _native.expand(width, self.bits.data_ptr(), self.values.data_ptr(), out.data_ptr(), out.numel())
            return out
        out = torch.empty_strided(self.shape, self.strides, dtype=self.values.dtype, device=self.values.device)
        places = torch.arange(8, dtype=torch.uint8, device=out.device)
        where = (self.bits[:, None] >> places).bitwise_and(1).bool().flatten()[: out.numel()]
        flat = torch.zeros(out.numel(), dtype=word, device=out.device)
        flat[where] = self.values.view(word)
        return out.copy_(flat.view(out.dtype).as_strided(self.shape, self.strides))


def _converted(x: Tensor, dtype: torch.dtype) -> Tensor:
    """With the strides it has: it is dense."""
    return room_for(x.shape, x.stride(), dtype).copy_(x) if x.is_cpu else x.to(dtype)


def _is_dense(x: Tensor) -> bool:
    """Whether its elements fill a stretch of memory, in whatever order."""
    if x.is_contiguous():
        return True
    found: bool = torch.ops.aten.is_non_overlapping_and_dense.default(x)
    return found


def _stored(x: Tensor) -> Sparse | None:
    width, _ = _WIDTHS[x.dtype]
    start, size = x.data_ptr(), x.numel()
    if (known := _known_bits(x)) is not None:
        kept = _native.count_bits(known.data_ptr(), known.numel())
        if kept <= _WORTH * size:
            values = room(kept * width).view(x.dtype)
            if _native.check_and_compress(width, start, known.data_ptr(), values.data_ptr(), size):
                return Sparse(known, values, x.shape, x.stride(), shared=True)
    bits = room((size + 7) // 8)
    if size > 2 * _SAMPLE * _SAMPLES:  # a look at a few places spares a look at all of what is dense anyway
        # Not at equal distances, which may be a multiple of an image: then all would be of its first channel.
        places = (int(k * _GOLDEN % 1 * (size - _SAMPLE)) for k in range(_SAMPLES))
        found = sum(_native.mark_nonzero(width, start + at * width, bits.data_ptr(), _SAMPLE) for at in places)
        if found > (_WORTH + 0.1) * _SAMPLE * _SAMPLES:
            return None
    kept = _native.mark_nonzero(width, start, bits.data_ptr(), size)
    if kept > _WORTH * size:
        return None
    values = room(kept * width).view(x.dtype)
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
