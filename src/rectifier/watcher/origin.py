"""The operation that a non-finite loss came from, read off the autograd graph while it still exists.

Nodes keep some of their inputs and outputs for the backward pass. Going from the leaves to the loss, the first
node that kept a non-finite value, or whose kept input lies outside the operation's domain, is where it began.
Not every operation keeps what is needed, so the answer can be None.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

_LIMIT = 20_000  # nodes: a bound on time for very large graphs


def non_finite_origin(loss: Tensor) -> dict[str, str] | None:
    """`{"operation": "log", "because": "..."}` for the first operation with a non-finite result, or None."""
    for node in _leaves_first(loss.grad_fn):
        operation = _operation(node)
        saved = dict(_saved(node))
        because = _outside_domain(operation, saved)
        if because is None:
            bad = [name for name, tensor in saved.items() if not bool(torch.isfinite(tensor).all())]
            inputs_bad = [name for name in bad if name != "result"]
            if "result" in bad and len(saved) == 1:
                # It kept no input, so that nothing says whether it was given finite ones; relu and its like cannot
                # make a value infinite. What fed it is the better answer.
                operation = next((_operation(n) for n, _ in node.next_functions if n is not None), operation)
                because = "its result is not finite"
            elif "result" in bad and not inputs_bad:
                because = "its inputs are finite and its result is not"
            elif inputs_bad:
                parents = [n.name() for n, _ in node.next_functions if n is not None]
                if all(name == "torch::autograd::AccumulateGrad" for name in parents):
                    because = "its input or its weights are not finite already"
                else:
                    because = "the value that reached it is not finite"
        if because is not None:
            return {"operation": operation, "because": because}
    return None


def _operation(node: Any) -> str:
    name: str = node.name()
    return name.rpartition("::")[2].removesuffix("0").removesuffix("Backward").lower()


def _outside_domain(operation: str, saved: dict[str, Tensor]) -> str | None:
    operand = saved.get("self")
    if operation in {"log", "log2", "log10"} and operand is not None and bool((operand <= 0).any()):
        zeros = int((operand == 0).sum())
        return f"{zeros} of its {operand.numel()} inputs are zero" if zeros else "it was given negative numbers"
    divisor = saved.get("other")
    if operation == "div" and divisor is not None and bool((divisor == 0).any()):
        return "it divides by zero"
    return None


def _saved(node: Any) -> Iterator[tuple[str, Tensor]]:
    for attribute in dir(node):
        if attribute.startswith("_saved_"):
            try:
                value = getattr(node, attribute)
            except RuntimeError:  # freed already, or modified in place since: it can no longer be read
                continue
            if isinstance(value, Tensor) and value.is_floating_point():
                yield attribute.removeprefix("_saved_"), value.detach()


def _leaves_first(root: Any) -> Iterator[Any]:
    order: list[Any] = []
    seen: set[Any] = set()
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack and len(seen) < _LIMIT:
        node, finished = stack.pop()
        if finished:
            order.append(node)
        elif node is not None and node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((parent, False) for parent, _ in node.next_functions)
    yield from order
