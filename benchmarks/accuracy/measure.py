"""Runs the kernels on inputs and measures them against the reference."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.accuracy import inputs
from benchmarks.accuracy.reference import Array, Function, Tally, What
from rectifier import _native, catalogue

WHATS: tuple[What, What] = ("value", "derivative")

CHUNK = 2**20
"""Inputs at a time. Chosen by us: input and result stay in the cache, and calls cost nothing beside them."""


def elementwise() -> list[str]:
    """The members with one input and one output per element: those whose every input can be tried."""
    return [name for name in catalogue.names() if _is_elementwise(getattr(_native, name))]


def _is_elementwise(ufunc: np.ufunc) -> bool:
    slope: np.ufunc | None = getattr(_native, f"{ufunc.__name__}_derivative", None)  # functions of rows have none
    return slope is not None and (slope.nin, slope.nout) == (ufunc.nin, ufunc.nout) == (slope.nin, 1)


class Measured:
    """One member's value or derivative as a kernel computes it, beside the truth about it, for one type of number."""

    def __init__(self, name: str, what: What, dtype: np.dtype, parameters: Sequence[float] | None = None) -> None:
        if parameters is None:
            parameters = catalogue.get(name).defaults
        self.dtype = dtype
        self.parameters = [dtype.type(parameter) for parameter in parameters]
        self.ufunc: np.ufunc = getattr(_native, name if what == "value" else f"{name}_{what}")
        self.truth = Function(name, what, [float(parameter) for parameter in self.parameters])

    def __call__(self, x: Array) -> Array:
        y: Array = self.ufunc(x, *self.parameters)
        return y

    def measure(self, x: Array, bound: int = 1) -> Tally:
        """`bound`: results further than this many numbers from the correctly rounded one are counted."""
        return self.truth.measure(x, self(x), bound)

    def tallies(self, chunks: Iterable[Array], bound: int = 1, jobs: int = 1) -> Iterator[Tally]:
        """A tally of each chunk, in order. Kernels and reference both run outside Python's lock."""
        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(lambda x: self.measure(x, bound), chunks)


def pieces(x: Array, size: int = CHUNK) -> list[Array]:
    """The array in pieces of at most so many elements."""
    return [x[start : start + size] for start in range(0, x.size, size)]


def sample_float(measured: Measured, stride: int, reach: int) -> Array:
    """float32 inputs: every stride-th of all numbers, and all within `reach` of a landmark."""
    marks = inputs.landmarks(measured.truth, measured.dtype)
    return np.concatenate([inputs.strided(stride), inputs.neighbourhoods(marks, reach, measured.dtype)])


def sample_double(measured: Measured, count: int, reach: int, seed: int = 1) -> Array:
    """float64 inputs: random and structured ones, and all within `reach` of a landmark."""
    marks = inputs.landmarks(measured.truth, measured.dtype)
    chosen = [inputs.doubles((seed, k), min(CHUNK, count), marks) for k in range(max(1, count // CHUNK))]
    return np.concatenate([inputs.neighbourhoods(marks, reach, measured.dtype), *chosen])
