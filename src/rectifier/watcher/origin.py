"""The operation that a non-finite loss came from, read off the autograd graph while it still exists.

Nodes keep some of their inputs and outputs for the backward pass. Going from the leaves to the loss, the first
node that kept a non-finite value, or whose kept input lies outside the operation's domain, is where it began.
Not every operation keeps what is needed, so the answer can be None.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from rectifier.watcher.lines import Lines

_SPOILT = "its weights are not finite already"
_LIMIT = 20_000  # nodes: a bound on time for very large graphs


#: Operations that keep their result alone and can make it infinite, or NaN, of a finite operand.
_OVERFLOWS = ("exp", "exp2", "expm1", "sqrt", "rsqrt", "reciprocal", "tan")
#: Operations whose slope is infinite where their operand is 0 (or ±1, for the arcs).
_STEEP = ("sqrt", "rsqrt", "norm", "linalgvectornorm", "pow", "std", "acos", "asin", "atan2", "euclideandist", "cdist")


def non_finite_origin(loss: Tensor, lines: Lines) -> dict[str, str] | None:
    """`{"operation": "log", "because": "...", "source": "file:line"}` for the first operation with a non-finite result,
    or None. If the weights had been spoilt before, `steep` and
    `steep_source` name an operation whose slope may have done it.
    """
    nodes = list(_leaves_first(loss.grad_fn))
    place_of = lines.of(loss, nodes)
    spoilt = any(not bool(torch.isfinite(n.variable).all()) for n in nodes if hasattr(n, "variable"))
    for each in nodes:
        node = each
        operation, saved = _operation(node), dict(_saved(node))
        because = _outside_domain(operation, saved)
        if because is None:
            bad = [name for name, tensor in saved.items() if not bool(torch.isfinite(tensor).all())]
            inputs_bad = [name for name in bad if name != "result"]
            if "result" in bad and len(saved) == 1:
                # It kept no input, so that nothing says whether it was given finite ones. Where it cannot make a value
                # infinite, as relu, what fed it is the better answer.
                if operation not in _OVERFLOWS:
                    node = next((n for n, _ in node.next_functions if n is not None), node)
                    operation = _operation(node)
                because = "its result is not finite"
            elif "result" in bad and not inputs_bad:
                because = "its inputs are finite and its result is not"
            elif inputs_bad:
                parents = [n.name() for n, _ in node.next_functions if n is not None]
                if all(name == "torch::autograd::AccumulateGrad" for name in parents):
                    because = "its input is not finite already"
                else:
                    because = "the value that reached it is not finite"
        if because is not None:
            because = _SPOILT if spoilt else because
            found = {"operation": operation, "because": because, "source": place_of(node)}
            if spoilt and (steep := next(filter(_is_steep, nodes), None)) is not None:
                found |= {"steep": _operation(steep), "steep_source": place_of(steep)}
            return {key: text for key, text in found.items() if text}
    return None


def _is_steep(node: Any) -> bool:
    operation = _operation(node)
    return operation in _STEEP and (operation != "pow" or float(getattr(node, "_saved_exponent", 0.5)) < 1)


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
