"""JAX: its own function, or the usual expression, compiled with `jit` for the processor.

It has no `out=`: every result is a new array. A timing ends when the result is there. In float64 JAX has to be told
to take it (`jax_enable_x64`), which is done here for this process.
"""

from functools import partial
from typing import Any

from rectifier.bench.case import Case, halves
from rectifier.bench.peers import Ways
from rectifier.bench.program import Text, written

TITLE = "JAX"
NEEDS = ("jax", "jaxlib")

TEXTS: dict[str, Text] = {
    "celu": "celu(x, 1.0)",
    "elu": "elu(x, 1.0)",
    "gelu": "gelu(x, approximate=False)",
    "gelu_tanh": "gelu(x, approximate=True)",
    "hardsigmoid": "hard_sigmoid(x)",
    "hardswish": "hard_swish(x)",
    "hardtanh": "hard_tanh(x)",
    "leaky_relu": "leaky_relu(x, 0.01)",
    "log_softmax": "log_softmax(x)",
    "logsigmoid": "log_sigmoid(x)",
    "mish": "mish(x)",
    "prelu": "leaky_relu(x, 0.25)",
    "relu": "relu(x)",
    "relu6": "relu6(x)",
    "relu_squared": "square(relu(x))",
    "selu": "selu(x)",
    "sigmoid": "sigmoid(x)",
    "sigmoid.derivative": "s = sigmoid(x); s * (1 - s)",
    "silu": "silu(x)",
    "silu.derivative": "s = sigmoid(x); s * (1 + x * (1 - s))",
    "softmax": "softmax(x)",
    "softplus": "softplus(x)",
    "softsign": "soft_sign(x)",
    "squareplus": "squareplus(x)",
    "glu": "a * sigmoid(b)",
    "reglu": "a * relu(b)",
    "geglu": "a * gelu(b, approximate=False)",
    "swiglu": "a * silu(b)",
    "crelu": ("relu(x)", "relu(-x)"),
}


def ways(case: Case) -> Ways:
    program = written(case.member, case.what, TEXTS)
    import jax

    jax.config.update("jax_enable_x64", True)
    usual = program.compiled(_namespace(case.dtype))
    gated = len(program.inputs) == 2
    compiled = jax.jit(lambda x: usual(*(halves(x) if gated else (x,))))
    x = jax.device_put(case.x, jax.devices("cpu")[0])
    if case.what == "value_and_derivative":
        return Ways(new=(lambda: jax.block_until_ready(compiled(x)),))
    return Ways(new=(lambda: compiled(x).block_until_ready(),))


def _namespace(dtype: str) -> dict[str, Any]:
    import jax
    import jax.numpy as jnp
    from jax.scipy.special import erf

    names: dict[str, Any] = {
        name: getattr(jax.nn, name)
        for name in (
            "celu", "elu", "gelu", "hard_sigmoid", "hard_swish", "hard_tanh", "leaky_relu", "log_sigmoid",
            "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_sign", "softmax", "softplus",
            "squareplus",
        )
    }  # fmt: skip
    names |= {
        name: getattr(jnp, name)
        for name in (
            "abs", "clip", "exp", "expm1", "log", "log1p", "maximum", "minimum", "sqrt", "square", "tanh", "where"
        )
    }  # fmt: skip
    return names | {
        "erf": erf,
        "indicator": lambda condition: condition.astype(dtype),
        "join": lambda *parts: jnp.concatenate(parts, -1),
        "rowmax": partial(jnp.max, axis=-1, keepdims=True),
        "rowsum": partial(jnp.sum, axis=-1, keepdims=True),
        "typed": partial(jnp.asarray, dtype=dtype),
    }
