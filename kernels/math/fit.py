"""Writes exp_tail.hpp: the polynomials behind exp and expm1. `--check` says whether the file is what this writes.

The tail of the exponential, q(r) = (e^r - 1 - r) / r^2, is interpolated at Chebyshev points of
[-ln 2 / 2, ln 2 / 2] with 40 digits. That is within a small factor of the best polynomial of its degree, and
needs no iteration. The error is then measured on a fine grid, with the coefficients as they are stored.
"""

import struct
import sys
from pathlib import Path

import mpmath

TARGET = Path(__file__).with_name("exp_tail.hpp")
# Degrees chosen by us: the smallest whose error disappears beside the rounding of the type (measured below).
DEGREES = {"float": 5, "double": 10}


def stored(number: mpmath.mpf, kind: str) -> float:
    """The number rounded to the type."""
    code = "<f" if kind == "float" else "<d"
    return float(struct.unpack(code, struct.pack(code, float(number)))[0])


def tail(r: mpmath.mpf) -> mpmath.mpf:
    """(e^r - 1 - r) / r^2 from its series, which has no cancellation: the sum of r^k / (k + 2)!."""
    return mpmath.fsum(r**k / mpmath.factorial(k + 2) for k in range(40))


def interpolate(degree: int, kind: str) -> list[float]:
    """Coefficients, lowest power first, of the polynomial through q at the Chebyshev points."""
    edge = mpmath.log(2) / 2
    points = [edge * mpmath.cos(mpmath.pi * (2 * k + 1) / (2 * degree + 2)) for k in range(degree + 1)]
    powers = mpmath.matrix([[point**k for k in range(degree + 1)] for point in points])
    solution = mpmath.lu_solve(powers, mpmath.matrix([tail(point) for point in points]))
    return [stored(coefficient, kind) for coefficient in solution]


def error(coefficients: list[float]) -> float:
    """The largest |r * (polynomial - q)| on a grid: the error of expm1(r) relative to r."""
    edge = mpmath.log(2) / 2
    grid = [edge * k / 500 for k in range(-500, 501)]
    return float(max(abs(r * (mpmath.polyval(coefficients[::-1], r) - tail(r))) for r in grid))


def overload(kind: str, degree: int) -> str:
    """The C++ function for one type."""
    coefficients = interpolate(degree, kind)
    suffix = "f" if kind == "float" else ""
    digits = "".join(f",\n                  {c.hex()}{suffix}" for c in coefficients)
    return f"""\
// Degree {degree}: the error of r + r^2 q(r), relative to expm1(r), is below {error(coefficients) * 1.01:.1e}.
inline {kind} exp_tail({kind} r) {{
    return horner(r{digits});
}}
"""


def header() -> str:
    """The whole file."""
    overloads = "\n".join(overload(kind, degree) for kind, degree in DEGREES.items())
    return f"""\
// Written by fit.py; do not edit.
//
// The tail of the exponential, q(r) = (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2.
#pragma once

#include "horner.hpp"

namespace rectifier {{
namespace {{

// clang-format off
{overloads}// clang-format on

}}  // namespace
}}  // namespace rectifier
"""


if __name__ == "__main__":
    with mpmath.workdps(40):
        text = header()
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if TARGET.read_text() == text else f"{TARGET.name} is not what fit.py writes: run fit.py")
    TARGET.write_text(text)
