"""What both torch peers share: torch's own function of a member as a text, and the functions that texts call."""

import functools
from typing import Any

from rectifier.bench.program import Text
from rectifier.catalogue import Activation

#: Where torch has functions that the definition does not name, or a quicker one than the one it names.
TEXTS: dict[str, Text] = {
    "gelu_tanh": "gelu(x, approximate='tanh')",
    "relu_squared": "square(relu(x))",
    "reglu": "a * relu(b)",
    "geglu": "a * gelu(b)",
    "swiglu": "a * silu(b)",
    "crelu": ("relu(x)", "relu(-x)"),
    "sigmoid.derivative": "s = sigmoid(x); s * (1 - s)",
    "silu.derivative": "s = sigmoid(x); s * (1 + x * (1 - s))",
    "softplus.derivative": "sigmoid(x)",
    "logsigmoid.derivative": "sigmoid(-x)",
    "glu.derivative": ("g = sigmoid(b); g", "g = sigmoid(b); a * g * (1 - g)"),
    "swiglu.derivative": ("g = sigmoid(b); b * g", "g = sigmoid(b); a * g * (1 + b * (1 - g))"),
}


def tensors(arrays: Any) -> list[Any]:
    """The same memory as tensors."""
    import torch

    return [torch.from_numpy(array) for array in arrays]


def texts(member: Activation) -> dict[str, Text]:
    """Those, and torch's own function where the definition names it."""
    if member.torch is None or member.kind == "gated":  # those get halves
        return TEXTS
    if member.kind == "rowwise":
        own = "own(x, -1)"
    else:
        own = f"own({', '.join(['x', *(repr(float(value)) for value in member.defaults)])})"
    return TEXTS | {member.name: own}


def namespace(member: Activation, dtype: str) -> dict[str, Any]:
    """The functions that texts call."""
    import torch
    from torch.nn import functional

    from rectifier.nn.definitions import torch_function

    element = getattr(torch, dtype)

    def maximum(x: Any, other: Any, out: Any = None) -> Any:
        return (
            torch.maximum(x, other, out=out) if isinstance(other, torch.Tensor) else torch.clamp_min(x, other, out=out)
        )

    def indicator(condition: Any, out: Any = None) -> Any:
        return condition.to(element) if out is None else out.copy_(condition)

    names = {
        name: getattr(torch, name)
        for name in (
            "abs", "add", "divide", "erf", "exp", "expm1", "log", "log1p", "multiply", "negative", "relu", "sigmoid",
            "sqrt", "square", "subtract", "tanh", "where",
        )
    }  # fmt: skip
    return names | {
        "clip": torch.clamp,
        "copyto": lambda target, x: target.copy_(x),
        "gelu": functional.gelu,
        "silu": functional.silu,
        "indicator": indicator,
        "join": lambda *parts: torch.cat(parts, -1),
        "maximum": maximum,
        "own": torch_function(member),
        "rowmax": functools.partial(torch.amax, dim=-1, keepdim=True),
        "rowsum": functools.partial(torch.sum, dim=-1, keepdim=True),
        "typed": functools.partial(torch.tensor, dtype=element),
    }
