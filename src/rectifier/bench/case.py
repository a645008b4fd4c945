"""One computation with its data: a member, what of it is computed, of which type, of how many elements."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

import numpy as np

from rectifier.catalogue import Activation
from rectifier.functions import public

What = Literal["value", "derivative", "value_and_derivative"]
Mode = Literal["out", "new"]
WHATS: tuple[What, ...] = get_args(What)
MODES: tuple[Mode, ...] = get_args(Mode)
DTYPES = ("float16", "float32", "float64")

#: Length of a row, for members that are not computed element by element: the width of a layer, chosen by us.
ROW = 1024


def defined(member: Activation, what: What) -> bool:
    """Whether there is such a thing to time. The Jacobian of a whole row is not: nobody trains with it."""
    return what == "value" or member.kind != "rowwise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Inputs, and places for the outputs.

    >>> from rectifier import catalogue
    >>> case = Case.of(catalogue.get("relu"), "value_and_derivative", "float32", 4096)
    >>> case.bytes == 4096 * 4 * 3
    True
    """

    member: Activation
    """What is computed."""
    what: What
    """Its value, its derivative, or both in one pass."""
    x: np.ndarray
    """The input: a vector, or rows for members that are not elementwise."""
    outs: tuple[np.ndarray, ...]
    """An array per output, for `out=`."""
    wanted: tuple[np.ndarray, ...]
    """What Rectifier computes, at the places that `probe` looks at."""

    @classmethod
    def of(cls, member: Activation, what: What, dtype: str, elements: int) -> "Case":
        """A case with normally distributed inputs; as many as asked for, or as many as fill whole rows."""
        shape: tuple[int, ...] = (elements,)
        if member.kind != "elementwise":
            row = max(2, min(ROW, elements) // 2 * 2)
            shape = (max(1, elements // row), row)
        random = np.random.default_rng(0)
        x = random.standard_normal(math.prod(shape), np.float32).reshape(shape)
        x *= 2  # both the curved part and the tails of every member
        x = x.astype(dtype)
        results = as_arrays(getattr(public(member.name), what)(x) if what != "value" else public(member.name)(x))
        return cls(
            member=member,
            what=what,
            x=x,
            outs=tuple(np.empty_like(result) for result in results),
            wanted=tuple(probe(result) for result in results),
        )

    @property
    def dtype(self) -> str:
        """The type of the elements."""
        return str(self.x.dtype)

    @property
    def bytes(self) -> int:
        """The bytes that must be moved: every input is read once and every output written once."""
        return self.x.nbytes + sum(out.nbytes for out in self.outs)

    @property
    def inputs(self) -> tuple[np.ndarray, ...]:
        """The inputs of the usual texts: x, or its halves for gated members."""
        return halves(self.x) if self.member.kind == "gated" else (self.x,)

    def ours(self, mode: Mode) -> Callable[[], Any]:
        """Rectifier's own way, through the public door."""
        function = public(self.member.name)
        method = function if self.what == "value" else getattr(function, self.what)
        if mode == "new":
            return partial(method, self.x)
        return partial(method, self.x, out=self.outs if len(self.outs) > 1 else self.outs[0])

    def disagreement(self, result: Any) -> str | None:
        """In words, how the result differs from ours; None if it does not. Loose: it is to find nonsense."""
        arrays = as_arrays(result)
        if len(arrays) != len(self.outs):
            return f"it gives {len(arrays)} results, not {len(self.outs)}"
        relative = {"float16": 2e-2, "float32": 1e-3, "float64": 1e-5}[self.dtype]
        for array, out, wanted in zip(arrays, self.outs, self.wanted, strict=True):
            if array.dtype != out.dtype or array.shape != out.shape:
                return f"it gives {array.dtype} of shape {array.shape}, not {out.dtype} of shape {out.shape}"
            found = probe(array).astype(np.float64)
            error = np.abs(found - wanted) - relative * (1e-1 + np.abs(wanted))
            if not np.all(error <= 0):
                worst = int(np.argmax(np.where(np.isnan(error), np.inf, error)))
                return f"it gives {found[worst]:.6g} where Rectifier gives {wanted[worst]:.6g}"
        return None


def halves(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Views of both halves along the last axis."""
    middle = array.shape[-1] // 2
    return array[..., :middle], array[..., middle:]


def probe(array: np.ndarray) -> np.ndarray:
    """Some hundred elements from all over the array: enough to find nonsense, at the cost of nothing."""
    flat = array.reshape(-1)
    return flat[np.linspace(0, flat.size - 1, min(flat.size, 999)).astype(np.intp)]


def as_arrays(result: Any) -> tuple[np.ndarray, ...]:
    """The results as NumPy's arrays, whoever computed them."""
    return tuple(np.asarray(part) for part in (result if isinstance(result, tuple | list) else (result,)))
