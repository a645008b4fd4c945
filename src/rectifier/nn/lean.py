"""Less memory between forward and backward: what rectifiers put out is mostly zeros, and is kept without them.

Autograd keeps the tensors that backward needs. Those with many exact zeros are kept as one bit per element and the
other elements' values, whole numbers (the places that max-pooling has found) in as few bytes as they need; both are
made again when backward asks for them: the very same bits, so the very same gradients. A tensor that several operations
keep is stored once. Dense tensors are kept as ever.
"""

import threading
import weakref
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef

from rectifier import _native
from rectifier.nn.native import memory
from rectifier.nn.sparse import Stored, stored

_LEAST = 4096
"""Elements; for fewer there is nothing to gain."""


@dataclass(slots=True)
class Stats:
    """What was kept for backward since the beginning, each tensor counted once; parameters do not count.

    >>> print(Stats(tensors=3, sparse=2, plain_bytes=2_000_000, kept_bytes=900_000))
    2 of 3 tensors kept small: 0.9 of 2.0 MB (45%)
    """

    tensors: int = 0
    """Tensors kept."""
    sparse: int = 0
    """Those of them that were kept in less space: without their zeros, or whole numbers in fewer bytes each."""
    plain_bytes: int = 0
    """Bytes they would have taken as they are."""
    kept_bytes: int = 0
    """Bytes they took."""

    @property
    def ratio(self) -> float:
        """Bytes kept per byte that would have been kept; 1 if nothing was."""
        return self.kept_bytes / self.plain_bytes if self.plain_bytes else 1.0

    def __str__(self) -> str:
        return (
            f"{self.sparse:,} of {self.tensors:,} tensors kept small: "
            f"{self.kept_bytes / 1e6:.1f} of {self.plain_bytes / 1e6:.1f} MB ({self.ratio:.0%})"
        )


class Lean:
    """Keeps sparse what is computed inside `with`, or by the models it is attached to. Made by `lean`."""

    def __init__(self) -> None:
        self.stats = Stats()
        """What was kept so far."""
        self._kept = _Kept()
        self._here = threading.local()
        self._hooks: list[Any] = []

    def __enter__(self) -> "Lean":
        context = torch.autograd.graph.saved_tensors_hooks(self._pack, _unpack)
        context.__enter__()
        self._stack().append(context)
        memory.first += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        context = self._stack().pop()
        memory.first -= 1
        context.__exit__(kind, error, trace)

    def attach(self, model: nn.Module) -> "Lean":
        """Make every forward pass of the model lean, until `remove`."""
        self._hooks += [
            model.register_forward_pre_hook(_Entering(self), prepend=True),
            model.register_forward_hook(_Leaving(self), always_call=True),
        ]
        return self

    def remove(self) -> None:
        """Detach it from its models."""
        while self._hooks:
            self._hooks.pop().remove()

    def _stack(self) -> list[Any]:
        """Of this thread, as hooks are."""
        if not hasattr(self._here, "stack"):
            self._here.stack = []
        stack: list[Any] = self._here.stack
        return stack

    def _pack(self, x: Tensor) -> Any:
        if not _is_plain(x) or _is_parameter(x):
            return x.detach(), x._version
        found, is_new = self._kept.of(x)
        _make_room(x)
        if is_new:
            with self._kept.lock:
                self.stats.tensors += 1
                self.stats.plain_bytes += x.nbytes
                self.stats.sparse += found is not None
                self.stats.kept_bytes += x.nbytes if found is None else found.nbytes
        return (x.detach(), x._version) if found is None else found

    def __reduce__(self) -> tuple[Any, ...]:
        return Lean, ()  # a copy starts afresh: what is kept belongs to one graph in one process


def lean(model: nn.Module | None = None) -> Lean:
    """Keep tensors with many zeros sparse between forward and backward, without loss.

    As a context manager, for all that is computed inside; given a model, for each of its forward passes from now on
    (`remove` ends it). `stats` of the result says what was saved. Gradients are the same to the last bit. Compiled
    models plan their memory themselves and are left alone.

    On Linux the C library keeps freed memory, with the pieces that stay between it, and would so use more than is
    spared. Whenever the process is about to use more than it needs, the library is asked to give that back
    (`malloc_trim`); what torch's next tensors need then costs page faults. With `THP_MEM_ALLOC_ENABLE=1` in the
    environment torch asks for large pages, and there are few (docs/lean.md has both).

    >>> net = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 1))
    >>> with lean() as saving:
    ...     loss = net(torch.ones(100, 64)).sum()
    >>> loss.backward()
    >>> saving.stats.ratio < 1
    True
    """
    if model is not None and not isinstance(model, nn.Module):
        raise TypeError(f"lean takes a torch.nn.Module, or nothing to be used in `with`, got {type(model).__name__}.")
    found = Lean()
    return found if model is None else found.attach(model)


class _Entering:
    def __init__(self, lean: Lean) -> None:
        self.lean = lean

    def __call__(self, *_: Any) -> None:
        if not torch.compiler.is_compiling():
            self.lean.__enter__()


class _Leaving(_Entering):
    def __call__(self, *_: Any) -> None:
        # Nothing was entered if a hook before ours has raised.
        if not torch.compiler.is_compiling() and self.lean._stack():
            self.lean.__exit__(None, None, None)


def _unpack(kept: Any) -> Tensor:
    if isinstance(kept, Stored):
        found = kept.dense()
        _make_room(found)
        return found
    x, version = kept
    if x._version != version:
        raise RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"[{x.type()} {list(x.shape)}] is at version {x._version}; expected version {version} instead."
        )
    return x  # type: ignore[no-any-return]


def _make_room(x: Tensor) -> None:
    """For the operations with it: what was freed before goes back to the system where it would only be in the way."""
    if x.is_cpu and x.numel() >= _LEAST:
        _native.trim_heap(x.nbytes)


def _is_plain(x: Tensor) -> bool:
    """Whether it has elements in memory: not sparse, not fake, not a subclass's wrapper."""
    return type(x) is Tensor and x.layout is torch.strided and not x.is_meta and torch._C._has_storage(x)


def _is_parameter(x: Tensor) -> bool:
    """Whether it, or what it is a view of, is there anyway: a leaf that gets a gradient."""
    base = x if x._base is None else x._base
    return base.is_leaf and base.requires_grad


@dataclass(slots=True)
class _Kept:
    """What is stored of tensors that are alive, so that each is stored once."""

    entries: dict[tuple[Any, ...], tuple[Any, StorageWeakRef]] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.RLock)
    limit: int = 64

    def of(self, x: Tensor) -> tuple[Stored | None, bool]:
        """The tensor stored, None if it is to be kept as it is; and whether it was seen for the first time."""
        storage = StorageWeakRef(x.untyped_storage())
        key = (storage.cdata, x.storage_offset(), x.shape, x.stride(), x.dtype, x._version)
        with self.lock:
            known = self.entries.get(key)
            if known is not None:
                found = known[0]() if known[0] is not None else None
                if not known[1].expired() and (known[0] is None or found is not None):
                    return found, False
            found = stored(x.detach()) if x.numel() >= _LEAST else None
            # The weak reference to the storage keeps its address from being given to another one.
            forget = None if found is None else weakref.ref(found, lambda _: self._forget(key))
            self.entries[key] = (forget, storage)
            if len(self.entries) > self.limit:
                self._forget_dead()
            return found, True

    def _forget(self, key: tuple[Any, ...]) -> None:
        with self.lock:
            self.entries.pop(key, None)

    def _forget_dead(self) -> None:
        """Of dense tensors that are gone."""
        # Of a copy, as what the garbage collector finds meanwhile forgets itself.
        for key, entry in self.entries.copy().items():
            if entry[1].expired():
                self.entries.pop(key, None)
        self.limit = max(64, 2 * len(self.entries))
