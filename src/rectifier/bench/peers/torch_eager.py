"""PyTorch as it is, on tensors that share NumPy's memory.

Its user calls torch's own function. For `out=` there are the functions of `torch` that take it, and those that
`torch.nn.functional` itself calls, which take it too. A derivative is either the usual expression or autograd with a
gradient of ones; the quicker one counts.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from rectifier.bench.case import Case
from rectifier.bench.peers import Ways
from rectifier.bench.peers import _torch as shared
from rectifier.bench.program import NotWrittenError, written
from rectifier.catalogue import Activation

TITLE = "torch"
NEEDS = ("torch",)

# Names and arguments of torch's functions that take `out=`, where they differ from the member's.
_INTO: dict[str, tuple[str, Callable[..., tuple[float, ...]]]] = {
    "relu": ("clamp_min", lambda: (0,)),
    "relu6": ("clamp", lambda: (0, 6)),
    "hardtanh": ("clamp", lambda low, high: (low, high)),
    "celu": ("elu", lambda alpha: (alpha, 1, 1 / alpha)),
    "selu": ("elu", lambda: (1.6732632423543772, 1.0507009873554805)),
    "logsigmoid": ("log_sigmoid", lambda: ()),
    "prelu": ("leaky_relu", lambda weight: (weight,)),
    "rrelu": ("leaky_relu", lambda lower, upper: ((lower + upper) / 2,)),
    "softmax": ("softmax", lambda: (-1,)),
    "log_softmax": ("log_softmax", lambda: (-1,)),
}


def ways(case: Case) -> Ways:
    new: list[Callable[[], Any]] = []
    out: list[Callable[[], Any]] = []
    whole = shared.tensors([case.x])[0]
    targets = shared.tensors(case.outs)
    problem = None
    try:
        program = written(case.member, case.what, shared.texts(case.member))
        names = shared.namespace(case.member, case.dtype)
        inputs = shared.tensors(case.inputs)
        new.append(partial(program.compiled(names), *inputs))
        if not program.names() & {"own", "gelu", "silu", "relu"}:  # which have no `out=`
            out.append(
                partial(program.compiled(names, into="out"), *inputs, *shared.tensors(program.targets(case.outs)))
            )
    except NotWrittenError as error:
        problem = error
    value = _value(case.member)
    if case.what == "value":
        new += [partial(value, whole)] if value else []
        out += _out_functions(case.member, whole, targets[0])
    elif value and case.member.kind in ("elementwise", "gated"):
        new.append(_autograd(value, whole, case.what == "value_and_derivative"))
    if not new:
        raise problem or NotWrittenError("torch has no function for this")
    return Ways(new=tuple(new), out=tuple(out))


def _value(member: Activation) -> Callable[..., Any] | None:
    """Torch's own function of the whole input."""
    import torch
    from torch.nn import functional

    from rectifier.nn.definitions import torch_function

    own = torch_function(member)
    if own is not None:
        return (lambda x: own(x, -1)) if member.kind == "rowwise" else (lambda x: own(x, *member.defaults))
    if member.name == "prelu":
        return lambda x: functional.prelu(x, torch.tensor(member.defaults, dtype=x.dtype))
    if member.name == "gelu_tanh":
        return lambda x: functional.gelu(x, approximate="tanh")
    return None


def _out_functions(member: Activation, x: Any, out: Any) -> list[Callable[[], Any]]:
    """Every function of torch by the member's name, or as told above, that turns out to take `out=`."""
    import torch

    name, order = _INTO.get(member.name, (member.name, lambda *values: values))
    arguments = order(*member.defaults)
    found: list[Callable[[], Any]] = []
    for module in (torch, torch._C._nn):
        function = getattr(module, name, None)
        if function is None:
            continue
        try:
            function(x, *arguments, out=out)
        except (TypeError, RuntimeError):  # this one has no `out=`, or not for this type
            continue
        found.append(partial(function, x, *arguments, out=out))
    return found


def _autograd(value: Callable[..., Any], x: Any, both: bool) -> Callable[[], Any]:
    import torch

    leaf = x.detach().requires_grad_()
    with torch.no_grad():
        ones = torch.ones_like(value(x))

    def derivative() -> Any:
        y = value(leaf)
        (slope,) = torch.autograd.grad(y, leaf, ones)
        return (y.detach(), slope) if both else slope

    return derivative
