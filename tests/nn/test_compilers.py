"""Torch's compilers: docs/compilers.md says what each makes of functions and modules."""

import copy
import io
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import rectifier
from rectifier import catalogue, nn
from rectifier.functions import public
from rectifier.nn import activations

MEMBERS = catalogue.names()
NAMES = activations.names()
OURS_ALONE = sorted(kind for kind in NAMES.values() if not hasattr(torch.nn, kind))


@pytest.fixture(autouse=True)
def nothing_compiled() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def numbers(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(7))


def of_all(what: str, x: Tensor) -> list[Any]:
    """Every member of the catalogue, by the names that scripts write."""
    return [
        getattr(rectifier, name)(x) if what == "value" else getattr(getattr(rectifier, name), what)(x)
        for name in MEMBERS
    ]


class Net(torch.nn.Module):
    """Functions with parameters given in every way, one of them learned for each channel."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([0.5, 0.25, -1.0]))

    def forward(self, x: Tensor) -> Tensor:
        x = rectifier.prelu(rectifier.leaky_relu(x, 0.2), self.weight)
        x = rectifier.softmax(x, axis=1) + rectifier.elu(x, alpha=0.5)
        value, slope = rectifier.gelu.value_and_derivative(x)
        result: Tensor = rectifier.relu(x) + value * slope * rectifier.silu.derivative(x)
        return result


@pytest.mark.parametrize("what", ["value", "value_and_derivative"])
def test_functions_are_compiled_whole(what: str) -> None:
    x = numbers(4, 6)
    compiled = torch.compile(of_all, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(what, x), of_all(what, x))


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")  # the trace is for as many channels as there are weights
def test_a_net_of_functions_is_compiled_traced_and_exported() -> None:
    net, x = Net(), numbers(2, 3, 4)
    wanted = net(x)
    wanted.sum().backward()
    assert net.weight.grad is not None
    gradient = net.weight.grad.clone()
    net.weight.grad = None
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    result = compiled(x)
    torch.testing.assert_close(result, wanted)
    result.sum().backward()
    torch.testing.assert_close(net.weight.grad, gradient)
    for made in (
        torch.fx.symbolic_trace(net),
        copy.deepcopy(torch.fx.symbolic_trace(net)),
        torch.export.export(net, (x,), strict=True).module(),
        torch.jit.trace(net, (x,)),
    ):
        torch.testing.assert_close(made(x), wanted)


def test_errors_within_what_is_compiled_are_ours() -> None:
    def wrong(x: Tensor) -> Tensor:
        result: Tensor = rectifier.elu(x, -1.0)
        return result

    with pytest.raises(ValueError, match="elu: alpha must be in"):
        torch.compile(wrong, backend="eager")(numbers(2))


def test_arrays_beside_what_is_compiled() -> None:
    x = numbers(5).numpy()
    compiled = torch.compile(lambda array: rectifier.relu(array), backend="eager")
    assert (compiled(x) == rectifier.relu(x)).all()


def test_a_traced_function_is_a_node_that_can_be_pickled() -> None:
    class Small(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = rectifier.hardtanh(rectifier.relu(x), max_val=0.5)
            return result

    traced, x = torch.fx.symbolic_trace(Small()), numbers(3)
    assert [node.target for node in traced.graph.nodes if node.op == "call_function"] == [
        rectifier.relu,
        rectifier.hardtanh,
    ]
    assert torch.equal(pickle.loads(pickle.dumps(traced))(x), Small()(x))


def test_a_stand_in_for_a_tensor_is_asked_what_becomes_of_the_call() -> None:
    class Recorder:
        @classmethod
        def __torch_function__(cls, called: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return called, len(args), kwargs

    assert rectifier.relu(Recorder()) == (rectifier.relu, 1, {})
    assert rectifier.elu.derivative(Recorder(), alpha=2) == (rectifier.elu.derivative, 1, {"alpha": 2})


def test_calls_stay_native() -> None:
    """What compilers read is not what runs: a small array goes no way through Python."""

    class Read(type(public("relu"))):  # type: ignore[misc]
        def __call__(self, x: Any, *parameters: Any, **keywords: Any) -> Any:
            raise AssertionError("Python was called")

    assert Read(catalogue.get("relu"))(numbers(3).numpy()).shape == (3,)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning")
def test_modules_are_scripted_as_torchs() -> None:
    x = numbers(2, 3, 4)
    scripted = [kind for kind in NAMES.values() if hasattr(torch.nn, kind)]
    own = torch.nn.Sequential(*[activation(torch.nn, kind) for kind in scripted]).eval()
    net = torch.nn.Sequential(*[activation(nn, kind) for kind in scripted]).eval()
    stored = io.BytesIO()
    torch.jit.save(torch.jit.script(net), stored)
    stored.seek(0)
    loaded = torch.jit.load(stored)
    assert [type(module).__module__ for module in net] == ["rectifier.nn"] * len(scripted)
    for ours, theirs in zip(loaded.children(), own, strict=True):
        assert torch.equal(ours(x), theirs(x))


def activation(namespace: Any, kind: str) -> torch.nn.Module:
    arguments = {"Threshold": (0.1, 20.0), "Softmax": (1,), "LogSoftmax": (1,)}.get(kind, ())
    made: torch.nn.Module = getattr(namespace, kind)(*arguments)
    return made


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")  # of gates: the trace is for rows of this length
def test_what_cannot_be_scripted_says_so_and_names_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "compilers.md").read_text(encoding="utf-8")
    for kind in OURS_ALONE:
        module, x = activation(nn, kind), numbers(2, 4)
        with pytest.raises(TypeError, match=rf"rectifier\.nn\.{kind} cannot be compiled.*docs/compilers\.md"):
            torch.jit.script(torch.nn.Sequential(module))
        torch.testing.assert_close(torch.jit.trace(module, (x,))(x), module(x))
        assert kind in page
