"""Lean storage: the same gradients to the last bit, less kept, and nothing that breaks autograd's other promises."""

import copy
import gc
import pickle
import threading
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

import rectifier.nn as nn
from rectifier import _native
from rectifier.nn.native import memory
from rectifier.nn.sparse import Narrow, Sparse, _stored_elsewhere, stored

each_type = pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])


def sparse_numbers(*shape: int, zeros: float = 0.6, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(*shape, generator=generator)
    return (x * (torch.rand(*shape, generator=generator) > zeros)).to(dtype)


def network(library: Any = nn, inplace: bool = False) -> torch.nn.Sequential:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 16, 3, padding=1),
        library.ReLU(inplace),
        torch.nn.Conv2d(16, 16, 3, padding=1),
        torch.nn.BatchNorm2d(16),
        library.ReLU(inplace),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(16 * 16 * 16, 64),
        library.ReLU(inplace),
        torch.nn.Dropout(0.5),
        torch.nn.Linear(64, 10),
    )


def loss_of(model: torch.nn.Module, batch: int = 8) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(batch, 3, 32, 32, generator=generator)
    torch.manual_seed(3)  # for dropout
    return F.cross_entropy(model(x), torch.arange(batch) % 10)


def gradients(model: torch.nn.Module) -> list[Tensor]:
    return [p.grad.clone() for p in model.parameters() if p.grad is not None]


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    return len(one) == len(other) > 0 and all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.fixture
def wanted() -> list[Tensor]:
    plain = network(torch.nn)
    loss_of(plain).backward()
    return gradients(plain)


@each_type
@pytest.mark.parametrize("size", [1, 7, 8, 9, 63, 64, 65, 8191, 8192, 8193, 100_003])
@pytest.mark.parametrize("zeros", [0.25, 0.5, 0.95, 1.0])
def test_what_is_stored_comes_back(dtype: torch.dtype, size: int, zeros: float) -> None:
    x = sparse_numbers(size, zeros=zeros, dtype=dtype)
    special = torch.tensor([float("nan"), -0.0, float("inf"), 5e-324], dtype=dtype)[: size // 2]
    x[: len(special)] = special
    bits = {2: torch.int16, 4: torch.int32, 8: torch.int64}[x.element_size()]
    for kept in (Sparse.of(x), _stored_elsewhere(x)):
        if kept is None:
            assert (x.view(bits) != 0).sum() > 0.7 * size
            continue
        assert torch.equal(kept.dense().view(bits), x.view(bits))
        assert kept.nbytes == (size + 7) // 8 + int((x.view(bits) != 0).sum()) * x.element_size()


@each_type
@pytest.mark.parametrize("live", [(), (0,), (1,), (0, 2)])
def test_stretches_without_any_number_come_back(dtype: torch.dtype, live: tuple[int, ...]) -> None:
    x = torch.zeros(3, 8192, dtype=dtype)
    for k in live:
        x[k] = sparse_numbers(8192, dtype=dtype).abs()
    for kept in (Sparse.of(x), _stored_elsewhere(x)):
        assert kept is not None
        assert torch.equal(kept.dense(), x)
        assert kept.values.numel() == (x != 0).sum()


@each_type
@pytest.mark.parametrize("size", [1, 63, 64, 65, 8191, 8193, 20_000])
@pytest.mark.parametrize("zeros", [0.1, 0.5, 0.99])
def test_nothing_is_written_beside_the_values(dtype: torch.dtype, size: int, zeros: float) -> None:
    x = sparse_numbers(size, zeros=zeros, dtype=dtype).abs()
    bits = torch.zeros((size + 7) // 8, dtype=torch.uint8)
    kept = _native.mark_nonzero(x.element_size(), x.data_ptr(), bits.data_ptr(), size)
    values, out = torch.full((kept + 64,), 7.0, dtype=dtype), torch.full((size + 64,), 7.0, dtype=dtype)
    for compress in (_native.compress, _native.check_and_compress):
        values[:kept] = 0
        assert compress(x.element_size(), x.data_ptr(), bits.data_ptr(), values.data_ptr(), size) in (None, True)
        assert torch.equal(values[:kept], x[x != 0])
        assert bool((values[kept:] == 7).all())
    _native.expand(x.element_size(), bits.data_ptr(), values.data_ptr(), out.data_ptr(), size)
    assert torch.equal(out[:size], x)
    assert bool((out[size:] == 7).all())


@each_type
@pytest.mark.parametrize("size", [1, 64, 65, 8193, 20_000])
def test_bits_of_other_elements_are_found_out(dtype: torch.dtype, size: int) -> None:
    x = sparse_numbers(size, dtype=dtype).abs()
    bits = torch.zeros((size + 7) // 8, dtype=torch.uint8)
    kept = _native.mark_nonzero(x.element_size(), x.data_ptr(), bits.data_ptr(), size)
    values = torch.empty(kept + 1, dtype=dtype)
    for place in {0, size // 2, size - 1}:
        y = x.clone()
        y[place] = 1 if x[place] == 0 else 0
        assert _native.check_and_compress(x.element_size(), x.data_ptr(), bits.data_ptr(), values.data_ptr(), size)
        assert not _native.check_and_compress(x.element_size(), y.data_ptr(), bits.data_ptr(), values.data_ptr(), size)


def test_other_layouts_come_back() -> None:
    base = sparse_numbers(4, 6, 8, 10)
    for x in (base.contiguous(memory_format=torch.channels_last), base.transpose(0, 3), base[1]):
        kept = stored(x)
        assert kept is not None
        assert torch.equal(kept.dense(), x)
        assert kept.dense().stride() == x.stride()
    assert stored(base[..., ::2]) is None  # its memory is somebody else's too
    assert stored(torch.zeros(100, dtype=torch.bool)) is None
    assert stored(torch.zeros(0)) is None


@pytest.mark.parametrize(
    ("low", "high", "dtype", "narrow"),
    [
        (0, 255, torch.int64, torch.uint8),
        (-1, 255, torch.int64, torch.int16),
        (0, 2**15, torch.int64, torch.int32),
        (-(2**31), 0, torch.int64, torch.int32),
        (0, 2**15 - 1, torch.int32, torch.int16),
        (0, 2**31, torch.int64, None),
        (0, 2**15, torch.int32, None),
    ],
)
def test_whole_numbers_in_fewer_bytes(low: int, high: int, dtype: torch.dtype, narrow: torch.dtype | None) -> None:
    x = torch.randint(low, high + 1, (4, 8, 6, 6), dtype=dtype).to(memory_format=torch.channels_last)
    x[0, 0, 0, :2] = torch.tensor([low, high], dtype=dtype)
    kept = stored(x)
    if narrow is None:
        assert kept is None
        return
    assert isinstance(kept, Narrow)
    assert kept.values.dtype == narrow
    again = kept.dense()
    assert torch.equal(again, x)
    assert (again.dtype, again.stride()) == (x.dtype, x.stride())


def test_places_of_pooling_are_kept_in_fewer_bytes() -> None:
    x = torch.randn(4, 8, 32, 32, requires_grad=True)
    F.max_pool2d(x, 2).square().sum().backward()
    assert x.grad is not None
    plain, x.grad = x.grad, None
    with nn.lean() as saving:
        y = F.max_pool2d(x, 2)
        total = y.square().sum()
    total.backward()
    assert x.grad is not None
    assert torch.equal(x.grad, plain)
    places = 4 * 8 * 16 * 16
    assert saving.stats.plain_bytes - saving.stats.kept_bytes == places * (8 - 2)


@pytest.mark.parametrize("library", [torch.nn, nn])
@pytest.mark.parametrize("inplace", [False, True])
def test_gradients_are_the_same(library: Any, inplace: bool, wanted: list[Tensor]) -> None:
    model = network(library, inplace)
    with nn.lean() as saving:
        loss = loss_of(model)
    loss.backward()
    assert same(gradients(model), wanted)
    assert saving.stats.sparse == 3  # two ReLUs, and the places of pooling; the third has too few elements
    assert saving.stats.ratio < 0.9


def test_a_tensor_is_stored_once() -> None:
    x = torch.randn(1 << 14, requires_grad=True)
    with nn.lean() as saving:
        y = torch.relu(x)  # keeps y
        z = y * y + y.exp() * 0 + y.sin()  # all keep y
    dense = x.nbytes * 2  # exp's result and the cosine's argument, y, which is stored already
    assert saving.stats.sparse == 1
    assert saving.stats.tensors <= 3
    assert saving.stats.plain_bytes <= 2 * dense
    z.sum().backward()


def test_one_bit_is_kept_of_small_tensors_too() -> None:
    x = torch.randn(1 << 12, requires_grad=True)
    assert "Backward0" in type(nn.functional.relu(x).grad_fn).__name__  # torch's own
    with nn.lean(), nn.lean():
        pass
    with nn.lean() as saving:
        nn.functional.relu(x)
    assert saving.stats.kept_bytes == x.numel() // 8
    assert "Backward0" in type(nn.functional.relu(x).grad_fn).__name__


def test_memory_is_given_back() -> None:
    kept = []
    with nn.lean() as saving:
        for _ in range(5):
            loss = loss_of(network())
            loss.backward()
            kept.append(len(saving._kept.entries))
            del loss
            gc.collect()
    assert max(kept) < 80
    saving._kept._forget_dead()
    assert not saving._kept.entries


def test_an_activation_is_freed_before_backward() -> None:
    import weakref

    with nn.lean():
        layer = torch.nn.Linear(256, 64)
        y = nn.functional.relu(torch.randn(1 << 9, 256, requires_grad=True))
        gone = weakref.ref(y.untyped_storage())
        loss = layer(y).sum()
        del y
    gc.collect()
    assert gone() is None
    loss.backward()


def test_backward_twice_and_second_derivatives(wanted: list[Tensor]) -> None:
    model = network()
    with nn.lean():
        loss = loss_of(model)
    loss.backward(retain_graph=True)
    first = gradients(model)
    model.zero_grad()
    loss.backward()
    assert same(gradients(model), first)
    assert same(first, wanted)

    def penalty(lean: bool) -> Tensor:
        torch.manual_seed(4)
        net = torch.nn.Sequential(torch.nn.Linear(64, 128), nn.ReLU(), torch.nn.Linear(128, 64), nn.ELU())
        x = torch.randn(128, 64, requires_grad=True)
        import contextlib

        with nn.lean() if lean else contextlib.nullcontext():
            (gradient,) = torch.autograd.grad(net(x).square().sum(), x, create_graph=True)
            loss = gradient.square().sum()
        loss.backward()
        return torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None])

    assert torch.equal(penalty(True), penalty(False))


@pytest.mark.parametrize("reentrant", [True, False])
def test_with_checkpointing(reentrant: bool, wanted: list[Tensor]) -> None:
    model = network()

    def forward(x: Tensor) -> Tensor:
        for layer in model:
            x = checkpoint(layer, x, use_reentrant=reentrant) if isinstance(layer, torch.nn.Linear) else layer(x)
        return x

    generator = torch.Generator().manual_seed(2)
    x = torch.randn(8, 3, 32, 32, generator=generator)
    torch.manual_seed(3)
    with nn.lean():
        loss = F.cross_entropy(forward(x), torch.arange(8) % 10)
    loss.backward()
    assert same(gradients(model), wanted)


def test_overwriting_a_dense_tensor_is_an_error_as_ever() -> None:
    x = torch.randn(1 << 14, requires_grad=True)
    for lean in (False, True):
        import contextlib

        with nn.lean() if lean else contextlib.nullcontext():
            y = x.exp()
            loss = y.sum()
        with torch.no_grad():
            y.mul_(2)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()


def test_overwriting_a_sparse_tensor_does_no_harm() -> None:
    x = torch.randn(1 << 14, requires_grad=True)
    weight = torch.randn(1 << 14, requires_grad=True)
    with nn.lean():
        y = torch.relu(x)
        loss = (y * weight).sum()
        before = y.detach().clone()
        with torch.no_grad():
            y.mul_(2)
        again = (y * weight).sum()  # what is kept now is the new one
    loss.backward()
    assert torch.equal(weight.grad, before)  # type: ignore[arg-type]
    weight.grad = None
    again.backward(inputs=[weight])
    assert torch.equal(weight.grad, 2 * before)  # type: ignore[arg-type]


def test_with_autocast() -> None:
    results = []
    for lean in (False, True):
        import contextlib

        model = network()
        with nn.lean() if lean else contextlib.nullcontext(), torch.autocast("cpu", dtype=torch.bfloat16):
            loss = loss_of(model)
        loss.backward()
        results.append(gradients(model))
    assert same(*results)


def test_in_several_threads(wanted: list[Tensor]) -> None:
    failures: list[str] = []
    saving = nn.Lean()
    model = network()

    def work() -> None:
        for _ in range(5):
            mine = copy.deepcopy(model)
            with saving, torch.random.fork_rng():
                loss = F.cross_entropy(mine.eval()(torch.ones(8, 3, 32, 32)), torch.arange(8) % 10)
            loss.backward()
            if not same(gradients(mine), expected):
                failures.append(threading.current_thread().name)

    reference = copy.deepcopy(model).eval()
    F.cross_entropy(reference(torch.ones(8, 3, 32, 32)), torch.arange(8) % 10).backward()
    expected = gradients(reference)
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_errors_inside_leave_nothing_behind() -> None:
    model = network()
    saving = nn.lean(model)
    with pytest.raises(RuntimeError), nn.lean():
        model(torch.ones(1, 4, 32, 32))
    assert not saving._stack()
    seen: list[Tensor] = []
    x = torch.relu(torch.randn(1 << 14, requires_grad=True))
    with torch.autograd.graph.saved_tensors_hooks(seen.append, lambda t: t):
        x * x  # its hooks are ours no longer
    assert seen
    (x * x).sum().backward()


def test_a_hook_that_raises_before_ours() -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    model = network()
    saving = nn.lean(model)
    model.register_forward_pre_hook(fail, prepend=True)
    with pytest.raises(ZeroDivisionError):
        model(torch.ones(1, 3, 32, 32))
    assert not saving._stack()
    assert memory.first == 0
    with pytest.raises(TypeError, match=r"lean takes a torch\.nn\.Module"):
        nn.lean("model")  # type: ignore[arg-type]


def test_attached_to_a_model(wanted: list[Tensor]) -> None:
    model = network()
    saving = nn.lean(model)
    loss_of(model).backward()
    assert same(gradients(model), wanted)
    count = saving.stats.tensors
    assert count > 0
    again = pickle.loads(pickle.dumps(model))
    loss_of(again).backward()
    assert saving.stats.tensors == count
    saving.remove()
    loss_of(model).backward()
    assert saving.stats.tensors == count


def test_compiled_models_are_left_alone() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(8, 8), nn.ReLU())
    saving = nn.lean(model)
    torch._dynamo.reset()
    torch.compile(model, backend="aot_eager", fullgraph=True)(torch.ones(2, 8)).sum().backward()
    assert saving.stats.tensors == 0


def test_what_is_not_plain_passes() -> None:
    dense = torch.relu(torch.randn(128, 128)).requires_grad_()
    with nn.lean() as saving:
        loss = torch.sparse.mm(torch.eye(128).to_sparse(), dense).sum()
        compiled = torch.compile(lambda x: torch.relu(x) * x, backend="aot_eager")
        loss = loss + compiled(dense).sum()
        torch.relu(torch.empty(128, 128, device="meta", requires_grad=True)).sum().backward()
    loss.backward()
    wanted = dense.detach().clone().requires_grad_()
    (wanted.sum() + (torch.relu(wanted) * wanted).sum()).backward()
    assert torch.equal(dense.grad, wanted.grad)  # type: ignore[arg-type]
    assert saving.stats.tensors


def test_two_hundred_steps_give_the_very_same_weights() -> None:
    generator = torch.Generator().manual_seed(5)
    batches = [torch.randn(64, 32, generator=generator) for _ in range(20)]
    weights = []
    for library, lean in ((torch.nn, False), (nn, True)):
        torch.manual_seed(6)
        net = torch.nn.Sequential(
            torch.nn.Linear(32, 128), library.ReLU(), torch.nn.Linear(128, 128), library.ReLU(), torch.nn.Linear(128, 4)
        )
        if lean:
            nn.lean(net)
        optimizer = torch.optim.Adam(net.parameters(), 1e-3)
        for step in range(200):
            x = batches[step % 20]
            optimizer.zero_grad()
            F.mse_loss(net(x), x[:, :4].abs()).backward()
            optimizer.step()
        weights.append([p.detach().clone() for p in net.parameters()])
    assert same(*weights)


def _kept_of_linear_behind_relu(x: Tensor, inplace: bool = False) -> tuple[nn.Lean, Tensor]:
    x = x.clone().requires_grad_()
    weight = torch.ones(8, x.shape[1], requires_grad=True)
    with nn.lean() as saving:
        y = nn.functional.relu(x * 1.0, inplace=inplace)
        loss = torch.nn.functional.linear(y, weight).sum()
    loss.backward()
    assert weight.grad is not None
    assert torch.equal(weight.grad, torch.relu(x.detach()).sum(0).expand(8, -1))
    assert x.grad is not None
    assert torch.equal(x.grad, (x.detach() > 0) * 8.0)
    return saving, y


@pytest.mark.parametrize("inplace", [False, True])
def test_the_bits_of_relu_are_kept_once(inplace: bool) -> None:
    x = torch.randint(-4, 5, (500, 401)).float()  # sums of whole numbers are exact; 200,500 elements, no multiple of 8
    saving, y = _kept_of_linear_behind_relu(x, inplace)
    bits = (x.numel() + 7) // 8
    assert saving.stats.kept_bytes == bits + 4 * int((y != 0).sum())


def test_a_negative_zero_is_no_zero_and_has_bits_of_its_own() -> None:
    x = torch.randint(-4, 5, (500, 401)).float()
    x[3, 7] = -0.0
    saving, y = _kept_of_linear_behind_relu(x)
    bits = (x.numel() + 7) // 8
    assert torch.signbit(y[3, 7])
    assert saving.stats.kept_bytes == 2 * bits + 4 * (int((y != 0).sum()) + 1)


def test_a_dense_first_channel_says_nothing_of_the_others() -> None:
    x = torch.zeros(16, 8, 64, 64)
    x[:, 0] = 1.0
    assert stored(x) is not None


def test_what_is_written_into_the_output_of_relu_is_kept() -> None:
    x = torch.randint(-4, 5, (500, 401)).float().requires_grad_()
    weight = torch.ones(8, 401, requires_grad=True)
    with nn.lean():
        y = nn.functional.relu(x)
        with torch.no_grad():
            y.data[0] = 7.0  # where there were zeros, so that the bits that ReLU keeps say less
        out = torch.nn.functional.linear(y, weight)
    out.sum().backward()
    assert weight.grad is not None
    assert torch.equal(weight.grad, y.detach().sum(0).expand(8, -1))
