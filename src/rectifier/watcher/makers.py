"""Torch functions that make units out of a weight: which argument is the weight, and along which axis the units lie."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

#: Products, which make units only where a factor is a parameter: along the last axis if it is the second one.
_PRODUCTS: dict[Any, tuple[int, int]] = {
    **dict.fromkeys((torch.matmul, torch.mm, Tensor.matmul, Tensor.mm, Tensor.__matmul__, Tensor.__rmatmul__), (1, -1)),
    **dict.fromkeys((torch.addmm, Tensor.addmm), (2, -1)),
}

#: Index of the weight among the arguments, axis of the units counted from the end.
_MAKERS: dict[Any, tuple[int, int]] = {
    functional.linear: (1, -1),
    functional.bilinear: (2, -1),
    functional.embedding: (1, -1),
    **{getattr(torch, f"conv{kind}{d}d"): (1, -d - 1) for d in (1, 2, 3) for kind in ("", "_transpose")},
    **_PRODUCTS,
}

#: Whole recurrent networks in one call: nothing inside is seen.
FUSED: dict[Any, str] = {
    getattr(torch, function): module
    for function, module in {
        "lstm": "nn.LSTM", "gru": "nn.GRU", "rnn_relu": "nn.RNN", "rnn_tanh": "nn.RNN",
        "lstm_cell": "nn.LSTMCell", "gru_cell": "nn.GRUCell", "rnn_relu_cell": "nn.RNNCell",
        "rnn_tanh_cell": "nn.RNNCell",
    }.items()
}  # fmt: skip


def weight_of(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Tensor, int] | None:
    """The weight that a call makes units from, and their axis; None if it makes none."""
    if function is torch.einsum:
        return _of_einsum(args)
    if (maker := _MAKERS.get(function)) is None:
        return None
    index, axis = maker
    weight = args[index] if len(args) > index else kwargs.get("weight")
    if function in _PRODUCTS and not (isinstance(weight, Tensor) and _is_parameter(weight)):
        # `W @ x`, with a sample in each column
        weight, axis = args[index - 1] if len(args) > index else None, -2
        if not isinstance(weight, Tensor) or not _is_parameter(weight):
            return None
    return (weight, axis) if isinstance(weight, Tensor) else None


def _of_einsum(args: tuple[Any, ...]) -> tuple[Tensor, int] | None:
    """The last output axis that only the parameter has: `o` of `bi,io->bo`."""
    if not args or not isinstance(args[0], str) or "->" not in args[0]:
        return None
    inputs, _, output = args[0].replace(" ", "").partition("->")
    operands = args[1] if len(args) == 2 and isinstance(args[1], list | tuple) else args[1:]
    names = inputs.split(",")
    for position, operand in enumerate(operands):
        if isinstance(operand, Tensor) and _is_parameter(operand) and len(names) == len(operands):
            others = "".join(names[:position] + names[position + 1 :])
            for axis, name in enumerate(reversed(output), 1):
                if name in names[position] and name.isalpha() and name not in others:
                    return operand, -axis
    return None


def _is_parameter(tensor: Tensor) -> bool:
    return tensor.is_leaf and tensor.requires_grad
