"""The reference that kernels are measured against is itself right: against mpmath, from nothing but the definitions.

Each member is written down once more, as in textbooks, without a thought for cancellation; mpmath has digits enough.
Slopes are not written down at all but differentiated numerically.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal

import mpmath
import numpy as np
import pytest
from benchmarks.accuracy.reference import Function

# By type: digits, and the step of numerical derivatives as a share of x. It crosses no kink, and what is off by its
# square does not matter. The smallest slopes that do are 1e-54 and 1e-333; that of log(1 + e^x) is to be had beside 1.
DIGITS = {np.float32: 160, np.float64: 620}
STEP = {np.float32: mpmath.mpf(10) ** -50, np.float64: mpmath.mpf(10) ** -200}


def clamp(x: Any, low: float, high: float) -> Any:
    return min(max(x, low), high)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


def softplus(x: Any, beta: Any = 1) -> Any:
    return mpmath.log(1 + mpmath.exp(beta * x)) / beta


def elu(x: Any, alpha: Any) -> Any:
    return x if x > 0 else alpha * (mpmath.exp(x) - 1)


def leaky_relu(x: Any, negative_slope: Any) -> Any:
    return x if x > 0 else negative_slope * x


def selu(x: Any) -> Any:
    scale, alpha = mpmath.mpf("1.0507009873554804934193349852946"), mpmath.mpf("1.6732632423543772848170429916717")
    return scale * elu(x, alpha)


SELU_SLOPE = Fraction("1.0507009873554804934193349852946") * Fraction("1.6732632423543772848170429916717")


def gelu_tanh(x: Any) -> Any:
    return x / 2 * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)))


def smelu(x: Any, beta: Any) -> Any:
    return mpmath.mpf(0) if x <= -beta else x if x >= beta else (x + beta) ** 2 / (4 * beta)


def softshrink(x: Any, lambd: Any) -> Any:
    return x - lambd if x > lambd else x + lambd if x < -lambd else mpmath.mpf(0)


# The value; parameters; where it, its slope or the slope of that jumps, with the slope taken there.
TEXTBOOK: dict[str, tuple[Callable[..., Any], tuple[float, ...], dict[float, float | Fraction]]] = {
    "relu": (lambda x: max(x, 0), (), {0: 0}),
    "leaky_relu": (leaky_relu, (0.01,), {0: 0.01}),
    "prelu": (leaky_relu, (0.25,), {0: 0.25}),
    "rrelu": (lambda x, lower, upper: leaky_relu(x, (lower + upper) / 2), (0.125, 0.375), {0: 0.25}),
    "relu6": (lambda x: clamp(x, 0, 6), (), {0: 0, 6: 0}),
    "relu_squared": (lambda x: max(x, 0) ** 2, (), {}),
    "elu": (elu, (1.0,), {}),
    "celu": (lambda x, alpha: x if x > 0 else elu(x / alpha, alpha), (1.0,), {}),
    "selu": (selu, (), {0: SELU_SLOPE}),
    "gelu": (lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2, (), {}),
    "gelu_tanh": (gelu_tanh, (), {}),
    "silu": (lambda x: x * sigmoid(x), (), {}),
    "mish": (lambda x: x * mpmath.tanh(softplus(x)), (), {}),
    "softplus": (softplus, (1.0,), {}),
    "logsigmoid": (lambda x: mpmath.log(sigmoid(x)), (), {}),
    "sigmoid": (sigmoid, (), {}),
    "tanh": (mpmath.tanh, (), {}),
    "tanhshrink": (lambda x: x - mpmath.tanh(x), (), {}),
    "softsign": (lambda x: x / (1 + abs(x)), (), {}),
    "squareplus": (lambda x, b: (x + mpmath.sqrt(x * x + b)) / 2, (4.0,), {}),
    "smelu": (smelu, (1.0,), {-1: 0, 1: 1}),
    "hardswish": (lambda x: x * clamp(x + 3, 0, 6) / 6, (), {-3: 0, 3: 1}),
    "hardsigmoid": (lambda x: clamp(x + 3, 0, 6) / 6, (), {-3: 0, 3: 0}),
    "hardtanh": (clamp, (-1.0, 1.0), {-1: 0, 1: 0}),
    "threshold": (lambda x, threshold, value: x if x > threshold else value, (0.0, 0.0), {0: 0}),
    "hardshrink": (lambda x, lambd: x if abs(x) > lambd else mpmath.mpf(0), (0.5,), {-0.5: 0, 0.5: 0}),
    "softshrink": (softshrink, (0.5,), {-0.5: 0, 0.5: 0}),
}


def sample(dtype: Any) -> np.ndarray:
    """Numbers of every size, dense where members bend, cancel, or leave a type's range."""
    rng = np.random.default_rng(1847)
    roots = np.array([-0.751791, -0.752461, -1.278465, -1.192456, -1.5, -3, 3, -1, 1, 0.5, -0.5, 6])
    smallest = float(np.finfo(dtype).smallest_subnormal)
    reach = 110 if dtype == np.float32 else 750
    spread: tuple[Any, ...] = (
        rng.uniform(-8, 8, 40),
        rng.uniform(-reach, reach, 25),
        rng.choice([-1, 1], 25) * 10.0 ** rng.uniform(np.log10(smallest), 3, 25),
        roots,
        (roots[:, None] + np.array([-1e-2, -1e-5, 1e-7, 1e-4])).ravel(),
        [0, smallest, -smallest, 1e30, -1e30],
    )
    return np.concatenate(spread).astype(dtype).astype(np.float64)


def exact(x: Any) -> Fraction:
    sign, mantissa, exponent, _ = mpmath.mpf(x)._mpf_
    if exponent < -20_000:  # e^-1e60 would be a fraction of 1e60 digits
        return Fraction()
    return Fraction((-1) ** sign * int(mantissa)) * Fraction(2) ** int(exponent)


def textbook(name: str, what: str, x: float, dtype: Any) -> Fraction:
    value, parameters, jumps = TEXTBOOK[name]
    smallest = float(np.finfo(dtype).smallest_subnormal)
    with mpmath.workdps(DIGITS[dtype]):
        at = mpmath.mpf(x)
        if what == "value":
            return exact(value(at, *parameters))
        if x in jumps:
            return Fraction(jumps[x])
        step = STEP[dtype] * (abs(at) or smallest)
        return exact((value(at + step, *parameters) - value(at - step, *parameters)) / (2 * step))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("what", ["value", "derivative"])
@pytest.mark.parametrize("name", TEXTBOOK)
def test_reference_is_the_textbook(name: str, what: Literal["value", "derivative"], dtype: Any) -> None:
    function = Function(name, what, TEXTBOOK[name][1])
    near: Literal["float", "double"] = "float" if dtype == np.float32 else "double"
    trust = Fraction(2) ** (-40 if near == "float" else -58)
    below = Fraction(float(np.finfo(dtype).smallest_subnormal)) / 2**30
    x = sample(dtype)
    for each, wide, quick in zip(x, function.exactly(x), function.exactly(x, near), strict=True):
        wanted = textbook(name, what, float(each), dtype)
        size = max(abs(wanted), below)
        assert abs(wide - wanted) <= size * Fraction(2) ** -80, f"{name} {what} at {each!r}: {float(wide)!r}"
        if not function.hard(float(each), near):
            error = float(abs(quick - wanted) / size / trust)
            assert error <= 0.5, f"{name} {what} at {each!r}: the first try is off by {error} of what is trusted"
