"""rectifier.nn in place of torch.nn: every member, by the kernels and without, against torch and the definition."""

import copy
import io
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as own

import rectifier.nn as nn
from rectifier import catalogue
from rectifier.nn import activations, definitions, native
from rectifier.nn import functional as F

MEMBERS = catalogue.members()
NAMES = activations.names()
each = pytest.mark.parametrize("name", [member.name for member in MEMBERS])
each_of_torch = pytest.mark.parametrize(
    "name", [member.name for member in MEMBERS if hasattr(torch.nn, NAMES[member.name])]
)
each_with_kernels = pytest.mark.parametrize("name", sorted(native.kernels))
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "threshold": (0.5, -0.25),
    "prelu": (torch.tensor([0.2]),),
    "softmax": (-1,),
    "log_softmax": (-1,),
}


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernels are used whatever the size."""
    for kernel in native.kernels.values():
        monkeypatch.setattr(kernel, "least", 0)


def ours(name: str) -> Callable[[Tensor], Tensor]:
    extra = ARGUMENTS.get(name, ())
    function = getattr(F, name)
    return lambda x: function(x, *[each.to(x) if isinstance(each, Tensor) else each for each in extra])


def theirs(name: str) -> Callable[[Tensor], Tensor]:
    """Torch's function of the name, else the definition."""
    extra = ARGUMENTS.get(name, ())
    function = getattr(own, name, None)
    if name == "prelu":
        return lambda x: own.prelu(x, extra[0].to(x))
    if function is None:
        member = catalogue.get(name)
        return lambda x: definitions.value(member, x, *member.defaults)
    return lambda x: function(x, *extra)


def module(name: str, library: Any = nn) -> torch.nn.Module:
    kind = getattr(library, NAMES[name])
    made: torch.nn.Module = kind(*(ARGUMENTS.get(name, ()) if name != "prelu" else ()))
    return made


def numbers(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(*shape, dtype=torch.float64, generator=generator) * 3).to(dtype)


def close(name: str, got: Tensor, wanted: Tensor) -> None:
    # Torch's own half precision results are rounded more than once, its derivatives in places lose digits, and its 1/6
    # is always that of float32.
    eps = torch.finfo(torch.float32 if name.startswith("hardsigmoid") and got.dtype == torch.float64 else got.dtype).eps
    torch.testing.assert_close(got, wanted, rtol=16 * eps, atol=16 * eps, msg=lambda text: f"{name}: {text}")


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@each
def test_values_and_gradients_are_torchs(name: str, dtype: torch.dtype) -> None:
    x = numbers(50, 40, dtype=dtype)
    gradient = numbers(50, 40, dtype=dtype, seed=1)
    one, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    got, wanted = ours(name)(one), theirs(name)(other)
    assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
    close(name, got, wanted)
    gradient = gradient if got.shape == gradient.shape else torch.ones_like(got)
    got.backward(gradient)
    wanted.backward(gradient)
    assert one.grad is not None
    assert other.grad is not None
    close(f"{name}'", one.grad, other.grad)


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("name", [name for name, kernel in native.kernels.items() if kernel.kept == "bit"])
def test_one_bit_gives_the_very_same_gradients(name: str, dtype: torch.dtype) -> None:
    special = torch.tensor(
        [0.0, -0.0, 6.0, 3.0, -3.0, 0.5, -0.5, 1.0, -1.0, float("inf"), float("-inf"), 1e-30, 5e-324]
    )
    x = torch.cat([numbers(1003, dtype=dtype), special.to(dtype)])
    gradient = numbers(*x.shape, dtype=dtype, seed=1)
    gradient[::17] = float("inf")
    one, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    got, wanted = ours(name)(one), theirs(name)(other)
    got.backward(gradient)
    wanted.backward(gradient)
    assert one.grad is not None
    assert other.grad is not None
    if name != "hardsigmoid":  # torch multiplies by a rounded 1/6
        assert torch.equal(got, wanted)
        assert torch.equal(one.grad, other.grad), (x[one.grad != other.grad], one.grad[one.grad != other.grad])


@pytest.mark.usefixtures("kernels")
@each
def test_first_and_second_derivatives(name: str) -> None:
    x = torch.tensor([[-4.25, -1.25, -0.25, 0.625], [1.5, 2.25, 4.0, -2.75]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(ours(name), x)
    assert torch.autograd.gradgradcheck(ours(name), x)


@pytest.mark.usefixtures("kernels")
@each
def test_layouts(name: str) -> None:
    function, wanted = ours(name), theirs(name)
    base = numbers(4, 6, 8, 12, dtype=torch.float32)
    layouts = {
        "contiguous": base,
        "channels last": base.contiguous(memory_format=torch.channels_last),
        "transposed": base.transpose(1, 3),
        "every second": base[..., ::2],
        "expanded": base[:1, :, :, :2].expand(3, 6, 8, 2),
        "empty": base[:0],
    }
    for kind, x in layouts.items():
        one, other = x.detach().requires_grad_(), x.detach().requires_grad_()
        got, expected = function(one), wanted(other)
        close(f"{name} {kind}", got, expected)
        if kind == "channels last" and catalogue.get(name).kind == "elementwise":
            assert got.is_contiguous(memory_format=torch.channels_last)
        gradient = numbers(*got.shape, dtype=torch.float32, seed=2)
        for g in (
            gradient,
            gradient.transpose(-1, -2).contiguous().transpose(-1, -2),
            gradient[..., :1].expand(got.shape),
        ):
            (first,) = torch.autograd.grad(got, one, g, retain_graph=True)
            (second,) = torch.autograd.grad(expected, other, g, retain_graph=True)
            close(f"{name}' {kind}", first, second)


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("name", [m.name for m in MEMBERS if m.kind == "elementwise"])
def test_single_numbers_and_nan(name: str) -> None:
    x = torch.tensor(0.75, requires_grad=True)
    result = ours(name)(x)
    assert result.shape == ()
    result.backward()
    assert x.grad is not None
    assert x.grad.shape == ()
    assert ours(name)(torch.tensor([float("nan")])).isnan().all()


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("name", [n for n in sorted(native.kernels) if hasattr(own, f"{n}_") or n == "relu"])
def test_in_place(name: str) -> None:
    function: Callable[..., Tensor] = getattr(F, name)
    extra = ARGUMENTS.get(name, ())
    x = numbers(30, dtype=torch.float32)
    leaf, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    middle = leaf * 1
    version = middle._version
    result = function(middle, *extra, inplace=True)
    assert result is middle or result.data_ptr() == middle.data_ptr()
    assert middle._version > version
    result.sum().backward()
    getattr(own, name)(other, *extra).sum().backward()
    assert leaf.grad is not None
    assert other.grad is not None
    close(name, leaf.grad, other.grad)
    with pytest.raises(RuntimeError, match="leaf"):
        function(leaf, *extra, inplace=True)
    assert torch.equal(leaf, x)
    kept = torch.exp(leaf)  # keeps its output
    function(kept, *extra, inplace=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        kept.sum().backward()
    with torch.no_grad():
        version = leaf._version
        function(leaf, *extra, inplace=True)
        assert leaf._version > version


@pytest.mark.usefixtures("kernels")
@each_with_kernels
def test_what_was_kept_must_not_be_overwritten(name: str) -> None:
    if native.kernels[name].kept == "bit":
        pytest.skip("keeps nothing that could be")
    x = numbers(30, dtype=torch.float32).requires_grad_()
    middle = x * 1
    result = ours(name)(middle)
    loss = result.sum()
    with torch.no_grad():
        (result if native.kernels[name].kept == "output" else middle).mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_kernels_keep_no_less_than_the_catalogue_says() -> None:
    enough = {"sign bit": {"bit", "input"}, "one bit": {"bit", "input"}, "output": {"output", "input"}}
    for name, kernel in native.kernels.items():
        assert kernel.kept in enough.get(catalogue.get(name).backward_keeps, {"input"}), name


@each
def test_what_is_kept(name: str) -> None:
    """In bytes, for a tensor large enough for the kernels."""
    kernel = native.kernels.get(name)
    if kernel is None or name in ("rrelu",):
        pytest.skip("torch's own")
    x = numbers(max(kernel.least, 1 << 12), dtype=torch.float32).requires_grad_()
    kept: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor.detach())  # an output that is kept itself would keep what keeps it
        return kept[-1]

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        y = ours(name)(x)
    (only,) = kept
    if kernel.kept == "bit":
        assert only.nbytes * 32 == x.nbytes
    else:
        assert only.data_ptr() == (x if kernel.kept == "input" else y).data_ptr()


@each
@pytest.mark.usefixtures("kernels")
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:There is a performance drop:UserWarning")
def test_transforms_of_functions(name: str) -> None:
    function, wanted = ours(name), theirs(name)
    x, direction = numbers(5, 6, dtype=torch.float64), numbers(5, 6, seed=3)
    for transform in (
        lambda f: torch.func.grad(lambda t: f(t).square().sum())(x),
        lambda f: torch.func.vmap(f)(x),
        lambda f: torch.func.vmap(torch.func.grad(lambda t: f(t).square().sum()))(x),
        lambda f: torch.func.jvp(f, (x,), (direction,))[1],
        lambda f: torch.func.hessian(lambda t: f(t).square().sum())(x[0, :4]),
    ):
        try:
            expected = transform(wanted)
        except (RuntimeError, NotImplementedError) as error:  # what torch does not support
            with pytest.raises(type(error), match="support"):
                transform(function)
        else:
            torch.testing.assert_close(transform(function), expected)
    leaf = x.clone().requires_grad_()
    result = function(leaf)
    many = torch.eye(result.numel(), dtype=torch.float64).view(-1, *result.shape)
    (rows,) = torch.autograd.grad(result, leaf, many, is_grads_batched=True)
    torch.testing.assert_close(rows, torch.autograd.functional.jacobian(wanted, x).reshape(rows.shape))
    with torch.autograd.forward_ad.dual_level():
        dual = function(torch.autograd.forward_ad.make_dual(x, direction))
        tangent = torch.autograd.forward_ad.unpack_dual(dual).tangent
    torch.testing.assert_close(tangent, torch.func.jvp(wanted, (x,), (direction,))[1])


@each
@pytest.mark.usefixtures("kernels")
def test_meta_subclasses_and_modes(name: str) -> None:
    function = ours(name)
    assert function(torch.empty(3, 4, device="meta")).device.type == "meta"

    class Named(Tensor):
        pass

    x = numbers(3, 4).as_subclass(Named).requires_grad_()
    result = function(x)
    assert type(result) is Named
    result.sum().backward()
    assert x.grad is not None

    seen = []

    class Mode(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, called: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(getattr(called, "__name__", ""))
            return called(*args, **(kwargs or {}))

    with Mode():
        inside = function(numbers(3, 4))
    torch.testing.assert_close(inside, function(numbers(3, 4)), rtol=0, atol=0)
    assert name in seen


@each
@pytest.mark.usefixtures("kernels")
def test_autocast_and_integers(name: str) -> None:
    x = numbers(4, 6, dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got, wanted = ours(name)(x.bfloat16()), theirs(name)(x.bfloat16())
    assert got.dtype == wanted.dtype
    close(name, got, wanted)
    whole = torch.tensor([[-2, 0, 3, 7]])
    try:
        expected = theirs(name)(whole)
    except (RuntimeError, NotImplementedError) as error:
        if getattr(own, name, None) is not None:
            with pytest.raises(type(error)):
                ours(name)(whole)
    else:
        assert torch.equal(ours(name)(whole), expected)


@each
@pytest.mark.usefixtures("kernels")
def test_compile_and_export(name: str) -> None:
    function, x = module(name).eval(), numbers(4, 6, dtype=torch.float32)
    wanted = module(name, torch.nn).eval()(x) if hasattr(torch.nn, NAMES[name]) else function(x)
    torch._dynamo.reset()
    compiled = torch.compile(function, backend="aot_eager", fullgraph=True)
    leaf = x.clone().requires_grad_()
    result = compiled(leaf)
    close(name, result, wanted)
    result.sum().backward()
    assert leaf.grad is not None
    close(name, torch.export.export(function, (x,)).module()(x), wanted)


@each_of_torch
def test_modules_are_torchs(name: str, tmp_path: Any) -> None:
    mine, its = module(name), module(name, torch.nn)
    assert repr(mine) == repr(its)
    assert isinstance(mine, type(its))
    assert type(mine).__module__ == "rectifier.nn"
    mine.load_state_dict(its.state_dict())
    its.load_state_dict(mine.state_dict())
    x = numbers(4, 6, dtype=torch.float32)
    mine.eval()
    assert torch.equal(mine(input=x), mine(x))
    for again in (pickle.loads(pickle.dumps(mine)), copy.deepcopy(mine), copy.copy(mine)):
        assert type(again) is type(mine)
        assert torch.equal(again(x), mine(x))
    torch.save(mine.state_dict(), tmp_path / "state.pt")
    its.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    buffer = io.BytesIO()
    torch.save(mine, buffer)
    buffer.seek(0)
    with torch.serialization.safe_globals([type(mine), *_pieces(mine)]):
        assert repr(torch.load(buffer, weights_only=True)) == repr(mine)


def _pieces(module: torch.nn.Module) -> Iterator[Any]:
    """What pickle needs to know of beside the class."""
    import collections

    yield collections.OrderedDict
    yield set


@each
def test_functions_and_modules_have_documentation(name: str) -> None:
    assert getattr(F, name).__doc__
    assert getattr(F, name).__name__ == name
    assert NAMES[name] in dir(nn)
    assert name in dir(F)
    assert catalogue.get(name).text in (getattr(nn, NAMES[name]).__doc__ or "")


def test_all_else_is_torchs() -> None:
    assert nn.Linear is torch.nn.Linear
    assert nn.init is torch.nn.init
    assert nn.modules is torch.nn.modules
    assert F.linear is own.linear
    assert F.cross_entropy is own.cross_entropy
    with pytest.raises(AttributeError, match="Linnear"):
        nn.Linnear  # noqa: B018
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=True), nn.GELU(approximate="tanh"), nn.Squareplus(b=1.0))
    assert "Squareplus(b=1.0)" in repr(net)
    net(torch.ones(2, 3)).sum().backward()


def test_wrong_arguments() -> None:
    with pytest.raises(TypeError, match="squareplus: unknown argument 'c'"):
        F.squareplus(torch.ones(1), c=2.0)
    with pytest.raises(TypeError, match="squareplus"):
        F.squareplus(torch.ones(1), 1.0, 2.0)
    with pytest.raises(TypeError, match="out works for NumPy arrays"):
        F.squareplus(torch.ones(1), out=torch.ones(1))
    with pytest.raises(ValueError, match="smelu: beta must be in"):
        F.smelu(torch.ones(1 << 15), beta=0.0)
    with pytest.raises(TypeError):
        nn.Squareplus(c=2.0)
    with pytest.raises(RuntimeError, match="approximate"):
        F.gelu(torch.ones(1 << 15), approximate="no")
    with pytest.raises(TypeError):
        F.relu([1.0])  # type: ignore[arg-type]


def test_prelu_of_what_is_not_learned() -> None:
    x = numbers(1 << 21, dtype=torch.float32).requires_grad_()
    weight = torch.tensor([0.25], requires_grad=True)
    assert type(F.prelu(x, weight).grad_fn).__name__ == type(own.prelu(x, weight).grad_fn).__name__
    weight.requires_grad_(False)
    result = F.prelu(x, weight)
    assert "Prelu" not in type(result.grad_fn).__name__
    assert torch.equal(result, own.prelu(x, weight))
    assert torch.equal(*(torch.autograd.grad(f(x, weight).square().sum(), x)[0] for f in (F.prelu, own.prelu)))


def test_prelu_under_autocast() -> None:
    x, weight = numbers(1 << 21, dtype=torch.float32), torch.tensor([0.25])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert F.prelu(x, weight).dtype == own.prelu(x, weight).dtype


def test_fx_traces_as_torchs() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Squareplus(), nn.LeakyReLU(0.2))
    traced = torch.fx.symbolic_trace(net)
    x = numbers(3, 4, dtype=torch.float32)
    assert torch.equal(traced(x), net(x))


def samples() -> Iterator[Any]:
    """Torch's own samples of arguments for its functions of these names."""
    from torch.testing._internal.common_methods_invocations import op_db

    for op in op_db:
        name = op.name.removeprefix("nn.functional.")
        if name in native.kernels and (op.name != name or name in ("sigmoid", "tanh")) and hasattr(own, name):
            yield pytest.param(name, op, id=f"{name}{op.variant_test_name}")


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("name", "op"), list(samples()))
def test_torchs_own_samples(name: str, op: Any, dtype: torch.dtype) -> None:
    function, its = getattr(F, name), getattr(own, name)
    count = 0
    for sample in op.sample_inputs("cpu", dtype, requires_grad=True):
        if name == "rrelu" and sample.kwargs.get("training"):
            continue
        one, other = (sample.input.detach().clone().requires_grad_() for _ in range(2))
        got, wanted = function(one * 1, *sample.args, **sample.kwargs), its(other * 1, *sample.args, **sample.kwargs)
        close(name, got, wanted)
        if got.numel():
            gradient = torch.ones_like(got)
            got.backward(gradient)
            wanted.backward(gradient)
            close(f"{name}'", one.grad, other.grad)
        count += 1
    assert count


@pytest.mark.usefixtures("kernels")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_onnx(tmp_path: Any) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.LeakyReLU(0.2), nn.ELU(), nn.Softplus(), nn.Squareplus()).eval()
    torch.onnx.export(net, (torch.ones(2, 4),), tmp_path / "net.onnx", dynamo=True, verbose=False)
    kinds = {node.op_type for node in onnx.load(tmp_path / "net.onnx").graph.node}
    assert {"Relu", "LeakyRelu", "Elu", "Softplus"} <= kinds
