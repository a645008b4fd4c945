"""Writes the polynomials of this folder: every `*_tail.hpp`. `--check` says whether the files are what this writes.

Each function is interpolated at Chebyshev points of its interval with 60 digits, by a polynomial or by a quotient of
two. That is within a small factor of the best one of its degree, and needs no iteration. The error is then measured on
a fine grid, with the coefficients as they are stored. Degrees are chosen by us: for double the smallest whose error
disappears beside its rounding; for Wide the smallest with an error below 2^-30, which misleads the rounding to float
once in a hundred numbers, by one place; for float the smallest with an error below an ulp.
"""

import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mpmath
from mpmath import mpf

FOLDER = Path(__file__).parent
KINDS = ("double", "Wide", "float")
Real = Callable[[mpf], mpf]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A polynomial in z that stands for `function` on an interval."""

    name: str
    function: Real
    interval: dict[str, tuple[mpf, mpf]]
    degree: dict[str, int]
    weight: Real
    """What an error of the polynomial is to be multiplied by, to be an error relative to the result it is used for."""
    result: str
    """What that result is."""

    def text(self) -> str:
        """The C++ functions, one for each type."""
        texts = []
        for kind, degree in self.degree.items():
            low, high = self.interval[kind]
            points = chebyshev(low, high, degree + 1)
            powers = mpmath.matrix([[point**k for k in range(degree + 1)] for point in points])
            exact = mpmath.lu_solve(powers, mpmath.matrix([self.function(point) for point in points]))
            stored = [mpf(as_stored(kind, coefficient)) for coefficient in exact]
            error = max(
                abs(self.weight(z) * (mpmath.polyval(stored[::-1], z) - self.function(z)))
                for z in (low + (high - low) * (k + mpf(0.5)) / 1000 for k in range(1000))
            )
            texts.append(
                f"// Degree {degree}: the error, relative to {self.result}, is below {float(error) * 1.01:.1e}.\n"
                + polynomial(self.name, kind, "z", stored)
            )
        return "\n".join(texts)


@dataclass(frozen=True, kw_only=True)
class Quotient:
    """A quotient of polynomials in t that stands for `function` from 0 to `furthest`, for Wide."""

    name: str
    function: Real
    furthest: mpf
    degrees: tuple[int, int]
    crowding: mpf
    """Points are those of Chebyshev in (crowding - t) / (crowding + t), which has more of them near zero."""

    def text(self) -> str:
        """The C++ functions for what is above the line and below it."""
        above, below = self.degrees
        count = above + below + 1

        def t_of(v: mpf) -> mpf:
            return self.crowding * (1 - v) / (1 + v)

        low = (self.crowding - self.furthest) / (self.crowding + self.furthest)
        # above(t) = function(t) below(t) at each point, and below(0) = 1: linear in the coefficients.
        rows, right = [], []
        for t in map(t_of, chebyshev(low, mpf(1), count)):
            scale = 1 / (1 + t) ** max(above, below)
            rows.append(
                [scale * t**k for k in range(above + 1)]
                + [-scale * self.function(t) * t**k for k in range(1, below + 1)]
            )
            right.append(scale * self.function(t))
        solution = [mpf(float(c)) for c in mpmath.lu_solve(mpmath.matrix(rows), mpmath.matrix(right))]
        upper, lower = solution[: above + 1], [mpf(1), *solution[above + 1 :]]
        error = max(
            abs(mpmath.polyval(upper[::-1], t) / mpmath.polyval(lower[::-1], t) / self.function(t) - 1)
            for t in (t_of(low + (1 - low) * (k + mpf(0.5)) / 1000) for k in range(1000))
        )
        return (
            f"// Degrees {above} and {below}: the relative error is below {float(error) * 1.01:.1e}.\n"
            + polynomial(f"{self.name}_above", "Wide", "t", upper)
            + "\n"
            + polynomial(f"{self.name}_below", "Wide", "t", lower)
        )


@dataclass(frozen=True, kw_only=True)
class Header:
    """A file of polynomials."""

    name: str
    text: str
    fits: tuple[Fit | Quotient, ...]
    constants: str = ""


def chebyshev(low: mpf, high: mpf, count: int) -> list[mpf]:
    """So many Chebyshev points of an interval."""
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle + half * mpmath.cos(mpmath.pi * (2 * k + 1) / (2 * count)) for k in range(count)]


def as_stored(kind: str, coefficient: mpf) -> float:
    """A coefficient as the type holds it."""
    return struct.unpack("f", struct.pack("f", coefficient))[0] if kind == "float" else float(coefficient)


def polynomial(name: str, kind: str, variable: str, coefficients: list[mpf]) -> str:
    """A C++ function that evaluates it."""
    suffix = "f" if kind == "float" else ""
    digits = "".join(f",\n                  {float(c).hex()}{suffix}" for c in coefficients)
    argument = f"{variable}.value" if kind == "Wide" else variable
    return f"inline {kind} {name}({kind} {variable}) {{\n    return horner({argument}{digits});\n}}\n"


def series(first: int, step: int, term: Callable[[int], mpf]) -> Real:
    """The sum of term(k) z^((k - first) / step), for functions that lose digits in closed form."""

    def function(z: mpf) -> mpf:
        total, power, k = mpf(0), mpf(1), first
        while True:
            add = term(k) * power
            if abs(add) < mpf(10) ** -58:
                return total
            total, power, k = total + add, power * z, k + step

    return function


def exp_tail() -> Header:
    edge = mpmath.log(2) / 2
    return Header(
        name="exp_tail",
        text="The tail of the exponential, q(z) = (e^z - 1 - z) / z^2 for |z| <= ln 2 / 2.",
        fits=(
            Fit(
                name="exp_tail",
                function=series(2, 1, lambda k: 1 / mpmath.factorial(k)),
                interval=dict.fromkeys(KINDS, (-edge, edge)),
                degree={"double": 10, "Wide": 6, "float": 5},
                weight=lambda z: z,
                result="expm1(z)",
            ),
        ),
    )


def atanh_tail() -> Header:
    return Header(
        name="atanh_tail",
        text="The tail of the inverse hyperbolic tangent, q(z) = (atanh(s) / s - 1) / s^2 with z = s^2, for s <= 1/3.",
        fits=(
            Fit(
                name="atanh_tail",
                function=series(3, 2, lambda k: mpf(1) / k),
                interval={"double": (mpf(0), mpf(1) / 9)},
                degree={"double": 10},
                weight=lambda z: z,
                result="atanh(s)",
            ),
        ),
    )


def log1p_tail() -> Header:
    return Header(
        name="log1p_tail",
        text="log(1 + e) / e for 0 <= e <= 1; its slope from 1, (log(1 + e) / e - 1) / e, for e <= e^-1; and\n"
        "// log(cosh(x / 2)) / x^2 as a function of z = x^2 for |x| <= 1.",
        fits=(
            Fit(
                name="log1p_ratio",
                function=lambda e: mpmath.log1p(e) / e,
                interval={"Wide": (mpf(0), mpf(1))},
                degree={"Wide": 10},
                weight=lambda e: e / mpmath.log1p(e),
                result="log(1 + e)",
            ),
            Fit(
                name="log1p_slope",
                function=lambda e: (mpmath.log1p(e) / e - 1) / e,
                interval={"float": (mpf(0), mpmath.exp(-1))},
                degree={"float": 6},
                weight=lambda e: e * e / mpmath.log1p(e),
                result="log(1 + e)",
            ),
            Fit(
                name="log_cosh_tail",
                function=lambda z: mpmath.log(mpmath.cosh(mpmath.sqrt(z) / 2)) / z,
                interval={"float": (mpf(0), mpf(1))},
                degree={"float": 4},
                weight=lambda z: z / mpmath.log1p(mpmath.exp(-mpmath.sqrt(z))),
                result="log(1 + e^x)",
            ),
        ),
    )


#: Up to here x - tanh(x) is a polynomial; beyond, the difference loses at most a bit and a half in double, and six of
#: the bits that Wide has to spare.
TANH_EDGE = {"double": mpf("1.2"), "Wide": mpf("0.25")}


def tanh_tail() -> Header:
    def function(z: mpf) -> mpf:
        if z < mpf("0.01"):
            return -series(2, 1, lambda k: 4**k * (4**k - 1) * mpmath.bernoulli(2 * k) / mpmath.factorial(2 * k))(z)
        x = mpmath.sqrt(z)
        return (x - mpmath.tanh(x)) / x**3

    return Header(
        name="tanh_tail",
        text="(x - tanh(x)) / x^3 = 1/3 - 2/15 z + z^2 q(z) with z = x^2, for |x| <= tanh_edge.",
        constants=(
            "template <class T>\nconstexpr T tanh_edge = 1.2;\n\n"
            "template <>\nconstexpr Wide tanh_edge<Wide> = 0.25;\n\n"
        ),
        fits=(
            Fit(
                name="tanh_tail",
                function=lambda z: (
                    (function(z) - mpf(1) / 3 + 2 * z / 15) / z**2 if z > mpf(10) ** -15 else mpf(17) / 315
                ),
                interval={kind: (mpf(0), edge**2) for kind, edge in TANH_EDGE.items()},
                degree={"double": 18, "Wide": 3},
                weight=lambda z: z**2 / function(z),
                result="x - tanh(x)",
            ),
        ),
    )


#: Where GELU's result and its slope are zero from.
FURTHEST = {"double": mpf(40), "Wide": mpf(15)}
#: The a of (a - t) / (a + t): trades the degree against how far the polynomials are from constant (both measured).
SHIFT = mpf(2)


def ratio(t: mpf) -> mpf:
    """R(t) = P(-t) exp(t^2/2), P the standard normal distribution."""
    return mpmath.erfc(t / mpmath.sqrt(2)) * mpmath.exp(t * t / 2) / 2


def normal_tail() -> Header:
    density = 1 / mpmath.sqrt(2 * mpmath.pi)
    zero = mpmath.findroot(lambda t: ratio(t) - t * density, mpf("0.75179"))

    def t_of(z: mpf) -> mpf:
        return SHIFT * (1 - z) / (1 + z)

    def slope(t: mpf) -> mpf:
        if abs(t - zero) < mpf(10) ** -20:  # the slope of the bracket there: R' = t R - density
            return -(t * ratio(t) - 2 * density)
        return (ratio(t) - t * density) / (zero - t)

    only = {"double": ((SHIFT - FURTHEST["double"]) / (SHIFT + FURTHEST["double"]), mpf(1))}
    two_parts = {
        "zero": zero,
        "ratio": (t_of(mpf(0)) + SHIFT) * ratio(t_of(mpf(0))),
        "slope": slope(t_of(mpf(0))),
    }
    values = {"furthest": FURTHEST["double"], "furthest_wide": FURTHEST["Wide"], "shift": SHIFT}
    for name, value in two_parts.items():
        values |= {f"{name}_high": value, f"{name}_low": value - mpf(float(value))}
    lines = "".join(f"    static constexpr double {n} = {float(v).hex()};\n" for n, v in values.items())
    return Header(
        name="normal_tail",
        text="What normal.hpp needs. For double: (t + a) R(t) and GELU's slope over its zero, in\n"
        "// z = (a - t) / (a + t), each as its value at z = 0, in two parts, plus z times a polynomial. For Wide:\n"
        "// quotients.",
        fits=(
            Fit(
                name="normal_ratio_tail",
                function=tail_of(lambda z: (t_of(z) + SHIFT) * ratio(t_of(z))),
                interval=only,
                degree={"double": 33},
                weight=lambda z: z / ((t_of(z) + SHIFT) * ratio(t_of(z))),
                result="R(t)",
            ),
            Fit(
                name="normal_slope_tail",
                function=tail_of(lambda z: slope(t_of(z))),
                interval=only,
                degree={"double": 29},
                weight=lambda z: z / slope(t_of(z)),
                result="the slope",
            ),
            Quotient(name="normal_ratio", function=ratio, furthest=FURTHEST["Wide"], degrees=(5, 6), crowding=mpf(3)),
            Quotient(name="normal_slope", function=slope, furthest=FURTHEST["Wide"], degrees=(5, 5), crowding=mpf(3)),
        ),
        constants=f"struct NormalFit {{\n{lines}}};\n\n",
    )


def tail_of(function: Real) -> Real:
    """(function(z) - function(0)) / z."""
    at_zero = function(mpf(0))
    near = mpf(10) ** -20

    def tail(z: mpf) -> mpf:
        z = z if abs(z) > near else near
        return (function(z) - at_zero) / z

    return tail


def text_of(header: Header) -> str:
    """The whole file."""
    functions = "\n".join(fit.text() for fit in header.fits)
    return f"""\
// Written by fit.py; do not edit.
//
// {header.text}
#pragma once

#include "horner.hpp"

namespace rectifier {{
namespace {{

// clang-format off
{header.constants}{functions}// clang-format on

}}  // namespace
}}  // namespace rectifier
"""


def main() -> None:
    """Write all files, or check them."""
    stale = []
    with mpmath.workdps(60):
        for make in (exp_tail, atanh_tail, log1p_tail, tanh_tail, normal_tail):
            header = make()
            target = FOLDER / f"{header.name}.hpp"
            text = text_of(header)
            if "--check" in sys.argv[1:]:
                if not target.exists() or target.read_text() != text:
                    stale.append(target.name)
            else:
                target.write_text(text)
    if stale:
        sys.exit(f"{', '.join(stale)}: not what fit.py writes: run fit.py")


if __name__ == "__main__":
    main()
