"""How each member is usually written by somebody who has arrays and no Rectifier, in NumPy's words.

Peers that have a function of their own for a member use that one; all others get these texts. Each is an expression
of x and the parameters, perhaps after named intermediate results: `s = 1 / (1 + exp(-x)); s * (1 - s)`. The quickest
of the common spellings is taken. A pair of expressions is joined along the last axis. Gated members are written in
the halves a and b of x. Beside NumPy's functions there are `indicator(condition)`, 1 where it holds and else 0, and
`rowmax` and `rowsum`, along the last axis, which is kept.

A member that is missing here is simply not compared with the peers that need a text.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """The usual texts of one member."""

    value: str | tuple[str, str]
    """The function."""
    derivative: str | tuple[str, str] | None = None
    """Its derivative; None where nobody writes one."""


_SIGMOID = "1 / (1 + exp(-x))"
_GATE = "g = 1 / (1 + exp(-b)); "
_PHI = "0.5 * (1 + erf({} * 0.7071067811865476))"
_DENSITY = "0.3989422804014327 * exp(-0.5 * {0} * {0})"


USUAL: dict[str, Usual] = {
    "relu": Usual(value="maximum(x, 0)", derivative="indicator(x > 0)"),
    "leaky_relu": Usual(
        value="maximum(x, negative_slope * x)", derivative="where(x > 0, typed(1), typed(negative_slope))"
    ),
    "prelu": Usual(value="maximum(x, weight * x)", derivative="where(x > 0, typed(1), typed(weight))"),
    "rrelu": Usual(
        value="maximum(x, 0.5 * (lower + upper) * x)", derivative="where(x > 0, typed(1), typed(0.5 * (lower + upper)))"
    ),
    "relu6": Usual(value="clip(x, 0, 6)", derivative="indicator((x > 0) & (x < 6))"),
    "elu": Usual(value="where(x > 0, x, alpha * expm1(x))", derivative="where(x > 0, 1, alpha * exp(x))"),
    "celu": Usual(value="where(x > 0, x, alpha * expm1(x / alpha))", derivative="where(x > 0, 1, exp(x / alpha))"),
    "selu": Usual(
        value="where(x > 0, 1.0507009873554805 * x, 1.7580993408473766 * expm1(x))",
        derivative="where(x > 0, 1.0507009873554805, 1.7580993408473766 * exp(x))",
    ),
    "gelu": Usual(value=f"x * ({_PHI.format('x')})", derivative=f"{_PHI.format('x')} + x * ({_DENSITY.format('x')})"),
    "gelu_tanh": Usual(
        value="0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))",
        derivative=(
            "t = tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)); "
            "0.5 * (1 + t) + 0.5 * x * (1 - t * t) * (0.7978845608028654 + 0.1070322243 * x * x)"
        ),
    ),
    "silu": Usual(value="x / (1 + exp(-x))", derivative=f"s = {_SIGMOID}; s * (1 + x * (1 - s))"),
    "mish": Usual(
        value="x * tanh(log1p(exp(x)))",
        derivative=f"t = tanh(log1p(exp(x))); s = {_SIGMOID}; t + x * s * (1 - t * t)",
    ),
    "softplus": Usual(value="log1p(exp(beta * x)) / beta", derivative="1 / (1 + exp(-beta * x))"),
    "hardswish": Usual(
        value="x * clip(x + 3, 0, 6) * 0.16666666666666666",
        derivative="where(x < 3, where(x > -3, x * 0.3333333333333333 + 0.5, 0), 1)",
    ),
    "hardsigmoid": Usual(
        value="clip(x + 3, 0, 6) * 0.16666666666666666", derivative="0.16666666666666666 * indicator(abs(x) < 3)"
    ),
    "hardtanh": Usual(value="clip(x, min_val, max_val)", derivative="indicator((x > min_val) & (x < max_val))"),
    "threshold": Usual(value="where(x > threshold, x, value)", derivative="indicator(x > threshold)"),
    "relu_squared": Usual(value="square(maximum(x, 0))", derivative="maximum(2 * x, 0)"),
    "squareplus": Usual(value="0.5 * (x + sqrt(x * x + b))", derivative="0.5 * (1 + x / sqrt(x * x + b))"),
    "smelu": Usual(
        value="where(abs(x) < beta, square(x + beta) / (4 * beta), maximum(x, 0))",
        derivative="clip((x + beta) / (2 * beta), 0, 1)",
    ),
    "sigmoid": Usual(value=_SIGMOID, derivative=f"s = {_SIGMOID}; s * (1 - s)"),
    "tanh": Usual(value="tanh(x)", derivative="t = tanh(x); 1 - t * t"),
    "logsigmoid": Usual(value="-log1p(exp(-x))", derivative="1 / (1 + exp(x))"),
    "softsign": Usual(value="x / (1 + abs(x))", derivative="1 / square(1 + abs(x))"),
    "hardshrink": Usual(value="where(abs(x) > lambd, x, 0)", derivative="indicator(abs(x) > lambd)"),
    "softshrink": Usual(value="x - clip(x, -lambd, lambd)", derivative="indicator(abs(x) > lambd)"),
    "tanhshrink": Usual(value="x - tanh(x)", derivative="square(tanh(x))"),
    "softmax": Usual(value="e = exp(x - rowmax(x)); e / rowsum(e)"),
    "log_softmax": Usual(value="c = x - rowmax(x); c - log(rowsum(exp(c)))"),
    "crelu": Usual(value=("maximum(x, 0)", "maximum(-x, 0)"), derivative=("indicator(x > 0)", "-indicator(x < 0)")),
    "glu": Usual(value="a / (1 + exp(-b))", derivative=(f"{_GATE}g", f"{_GATE}a * g * (1 - g)")),
    "reglu": Usual(value="a * maximum(b, 0)", derivative=("maximum(b, 0)", "a * indicator(b > 0)")),
    "geglu": Usual(
        value=f"a * b * ({_PHI.format('b')})",
        derivative=(f"p = {_PHI.format('b')}; b * p", f"p = {_PHI.format('b')}; a * (p + b * {_DENSITY.format('b')})"),
    ),
    "swiglu": Usual(value="a * b / (1 + exp(-b))", derivative=(f"{_GATE}b * g", f"{_GATE}a * g * (1 + b * (1 - g))")),
}
