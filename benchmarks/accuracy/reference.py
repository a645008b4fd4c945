"""The reference in Python: `members.hpp` compiled by the system's compiler on first use, and called through ctypes."""

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np

What = Literal["value", "derivative"]
Array = np.ndarray[Any, Any]

SOURCES = Path(__file__).parent
BUILD = SOURCES.parents[1] / "build" / "accuracy"

# -O3 and nothing that lets a compiler change results: no -ffast-math, and no fusing (an x86-64 baseline has none).
_FLAGS = ["-std=gnu++17", "-O3", "-ffp-contract=off", "-shared", "-fPIC"]

_NEAR_FLOAT, _NEAR_DOUBLE, _WIDE = 0, 1, 2


class Tally(ctypes.Structure):
    """What was found; field by field as in reference.cpp."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("count", "wrong", "over_75", "over_100", "beyond", "zero_signs")),
        *((name, ctypes.c_int64) for name in ("widened", "distance")),
        *((f"distance_{name}", ctypes.c_double) for name in ("x", "got", "wanted")),
        *((name, ctypes.c_double) for name in ("error", "error_x", "error_got", "error_wanted", "zero_x")),
    )

    def as_dict(self) -> dict[str, int | float]:
        return {field[0]: getattr(self, field[0]) for field in self._fields_}

    def add(self, other: "Tally") -> None:
        """Take in what another tally found."""
        for name in ("count", "wrong", "over_75", "over_100", "beyond", "zero_signs", "widened"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for measure in ("distance", "error"):
            if getattr(other, measure) > getattr(self, measure):
                for name in (measure, f"{measure}_x", f"{measure}_got", f"{measure}_wanted"):
                    setattr(self, name, getattr(other, name))
        if other.zero_signs:
            self.zero_x: float = other.zero_x


class NoReferenceError(RuntimeError):
    """The reference has no such member, or cannot be built here."""


class Function:
    """The truth about one member's value or slope, with parameters that are numbers of the type in question."""

    def __init__(self, name: str, what: What, parameters: Sequence[float]) -> None:
        self.name, self.what = name, what
        self.number = library().reference_find(name.encode(), int(what == "derivative"))
        if self.number < 0:
            raise NoReferenceError(f"{name} has no entry in {SOURCES.name}/members.hpp. Write one.")
        wanted = library().reference_parameters(self.number)
        if wanted != len(parameters):
            raise NoReferenceError(f"{name} has {len(parameters)} parameters but {wanted} in members.hpp.")
        self.parameters = (ctypes.c_double * max(1, len(parameters)))(*map(float, parameters))

    def measure(self, x: Array, got: Array, bound: int = 1) -> Tally:
        """Compare results for finite x, both float32 or both float64. `bound`: see `Tally.beyond`."""
        if not (x.dtype == got.dtype and x.dtype in (np.float32, np.float64) and x.shape == got.shape):
            raise TypeError(f"inputs {x.dtype}{x.shape} and results {got.dtype}{got.shape} do not fit")
        tally = Tally()
        measure = library()[f"reference_measure_{'float' if x.dtype == np.float32 else 'double'}"]
        measure(
            self.number,
            _pointer(x),
            _pointer(got),
            ctypes.c_int64(x.size),
            self.parameters,
            ctypes.c_int64(bound),
            ctypes.byref(tally),
        )
        return tally

    def rounded(self, x: Array, precision: int, lowest: int, largest: float) -> Array:
        """The truth rounded to a format: bits of precision, exponent of its smallest number, its largest number."""
        x = np.ascontiguousarray(x, np.float64)
        y = np.empty_like(x)
        library().reference_round(
            self.number, _pointer(x), ctypes.c_int64(x.size), self.parameters, precision, lowest, _pointer(y)
        )
        return np.where(np.abs(y) > largest, np.copysign(np.inf, y), y)

    def exactly(self, x: Array, near: Literal["float", "double"] | None = None) -> list[Fraction]:
        """The truth with every bit of the widest type, or with those of the type that is tried first."""
        x = np.ascontiguousarray(x, np.float64)
        parts = np.empty((x.size, 4))
        kind = {"float": _NEAR_FLOAT, "double": _NEAR_DOUBLE, None: _WIDE}[near]
        library().reference_evaluate(
            self.number, _pointer(x), ctypes.c_int64(x.size), self.parameters, kind, _pointer(parts)
        )
        return [
            sum((Fraction(float(part)) for part in row[:3]), Fraction()) * Fraction(2) ** int(row[3]) for row in parts
        ]

    def hard(self, x: float, near: Literal["float", "double"]) -> bool:
        """Whether the widest type is always asked."""
        return bool(library().reference_is_hard(self.number, ctypes.c_double(x), int(near == "float")))


def numbers(first: int, count: int) -> Array:
    """float32 numbers in order, from the one `first` places above zero."""
    x = np.empty(count, np.float32)
    library().reference_numbers(ctypes.c_int64(first), ctypes.c_int64(count), _pointer(x))
    return x


def falls(y: Array) -> tuple[int, int, int]:
    """How often float32 results go down from one to the next, by how many numbers at most, and the index of that."""
    largest, at = ctypes.c_int64(), ctypes.c_int64()
    count = library().reference_falls(_pointer(y), ctypes.c_int64(y.size), ctypes.byref(largest), ctypes.byref(at))
    return count, largest.value, at.value


@functools.cache
def library() -> ctypes.CDLL:
    """The compiled reference; compiled again when a source has changed."""
    sources = [SOURCES / name for name in ("numbers.hpp", "members.hpp", "reference.cpp")]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources) + repr(_FLAGS).encode()).hexdigest()
    built = BUILD / f"reference-{digest[:16]}.so"
    if not built.exists():
        _compile(sources[-1], built)
    found = ctypes.CDLL(str(built))
    found.reference_falls.restype = ctypes.c_int64
    return found


def _compile(source: Path, target: Path) -> None:
    compiler = os.environ.get("CXX") or shutil.which("c++")
    if not compiler:
        raise NoReferenceError("The reference needs a C++ compiler (set CXX, or install g++).")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(f".{os.getpid()}")  # renamed when whole: another process may be at the same
    quad = (
        ["-lquadmath"]
        if subprocess.run(
            [*compiler.split(), "-x", "c++", "-fsyntax-only", "-include", "quadmath.h", os.devnull],
            capture_output=True,
            check=False,
        ).returncode
        == 0
        else []
    )
    run = subprocess.run(
        [*compiler.split(), *_FLAGS, source, "-o", unfinished, *quad], capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise NoReferenceError(f"The reference does not compile:\n{run.stderr}")
    unfinished.rename(target)


def _pointer(array: Array) -> ctypes.c_void_p:
    if not array.flags.c_contiguous:
        raise TypeError("the reference reads contiguous arrays")
    return ctypes.c_void_p(array.ctypes.data)
