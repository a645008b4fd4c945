"""Every kernel as a NumPy ufunc: NAME, NAME_derivative, NAME_value_and_derivative for each member, NAME alone for the
rowwise ones. Halves, of the inputs of gated members and of the outputs of concatenated ones, are separate operands."""

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

isa: str
"""The instruction set in use: the best this processor has, or what RECTIFIER_ISA names."""
built_isas: tuple[str, ...]
"""The instruction sets this module was built for, the most capable last."""
supported_isas: tuple[str, ...]
"""Those of them that this processor supports."""

class Door:
    """Something to call: NumPy arrays go straight to a ufunc's loop, all else to its method `_general`."""

    def __call__(self, x: Any, *parameters: Any, out: Any = None, **keywords: Any) -> Any: ...
    def _open(
        self,
        ways: dict[str, tuple[np.ufunc, tuple[np.ndarray, ...]]],
        split: bool,
        whole: tuple[bool, ...],
        /,
    ) -> None: ...

def add_bfloat16(dtype: np.dtype, /) -> None: ...
def walk(ufunc: np.ufunc, arrays: tuple[np.ndarray, ...], /) -> None: ...
def thread_count() -> int: ...
def document(ufunc: np.ufunc, text: str, /) -> None: ...

class Pages:
    """So many bytes of memory apart from the heap, not initialised, as a buffer. What is let go is used again."""

    def __new__(cls, size: int, /) -> Pages: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

class Lane:
    """Notes losses and steps on the steps that are not looked at, without Python; only while it is open, in the thread
    that entered it. Where the answer is False nothing was noted, and it is to be done the long way."""

    def __new__(
        cls, tensor: type, single: object, double: object, scaled: dict[int, Any], modes: Callable[[], int], /
    ) -> Lane: ...
    @property
    def is_open(self) -> bool: ...
    def enter(
        self,
        optimizers: list[
            tuple[weakref.ref[Any], int, int, float, bool, weakref.ref[Any] | None, float | None, bool, int, int]
        ],
        until: int,
        most_idle: int,
        longest: float,
        idle: int,
        now: float,
        /,
    ) -> None:
        """Open it after a step. Of each optimizer a reference, its number, the step it takes next, when it took the
        last one, whether it leads, and the state of its account (watcher/ledger.py); how many steps the one that leads
        has taken when it is to be asked; how often in a row others may step, how many seconds it stays open, how often
        others have stepped; the time."""

    def leave(
        self,
    ) -> tuple[
        list[tuple[int, int, float | None, float | None, float]],
        list[tuple[int, float, float | None, bool, tuple[int, int] | None, tuple[int, int] | None]],
        float | None,
        int,
        int,
        float | None,
        bool,
        bool,
        int,
        float,
    ]:
        """Close it. Step, optimizer, loss, rate and seconds of each step; of each optimizer the step it takes next,
        when it took the last one, and its account; the loss and the backward calls since; which of the optimizers is
        stepping, or -1; the loss of the backward call that is running; whether a backward call led to the last step;
        whether it was closed because the gradients of the step that begins are far larger than usual; how often in a
        row others have stepped; the seconds this has cost."""

    def backward(self, tensors: object, /) -> bool: ...
    def ended(self) -> bool: ...
    def before(self, optimizer: object, /) -> bool: ...
    def after(self, optimizer: object, /) -> bool: ...

def pages_state() -> tuple[int, int]: ...
def release_pages() -> None: ...
def trim_heap(size: int, /) -> None: ...

tensor_types: str
"""The types tensors may have, by the letters NumPy has for them and `b` for bfloat16, in the order used below."""
tensor_functions: dict[str, tuple[str, tuple[object, ...], tuple[object | None, ...]]]
"""By member: what backward keeps ("input", "output" or "bit"), and its forward and backward functions by type."""

def forward(function: object, x: int, y: int, bits: int, size: int, /, *parameters: float) -> None: ...
def backward(function: object, gradient: int, kept: int, out: int, size: int, /, *parameters: float) -> None: ...
def masked(
    kind: int, gradient: int, bits: int, out: int, size: int, passing: float, other: float, blocks: bool, /
) -> None: ...
def prefer_huge_pages(start: int, size: int, /) -> None: ...
def mark_nonzero(width: int, x: int, bits: int, size: int, /) -> int: ...
def compress(width: int, x: int, bits: int, values: int, size: int, /) -> None: ...
def check_and_compress(width: int, x: int, bits: int, values: int, size: int, /) -> bool: ...
def count_bits(bits: int, size: int, /) -> int: ...
def expand(width: int, bits: int, values: int, out: int, size: int, /) -> None: ...
def __getattr__(name: str) -> np.ufunc: ...
