"""What the native lane notes of steps that are not looked at is what Python would have noted."""

import math
import tempfile
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

import rectifier
from rectifier import _native
from rectifier.record.reader import Record
from rectifier.record.rows import Evaluation, Event, Gradient, Look, Step
from rectifier.watcher.attach import Watcher

STEPS = 120
_BACKWARD = torch.autograd.backward


def _net() -> tuple[nn.Module, Tensor]:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), torch.randn(16, 4)


def plain(steps: int = STEPS) -> None:
    net, x = _net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        net(x).square().mean().backward()
        optimizer.step()


def in_double_precision_with_a_schedule() -> None:
    net, x = _net()
    net, x = net.double(), x.double()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.99)
    for _ in range(STEPS):
        optimizer.zero_grad()
        net(x).square().mean().backward()
        optimizer.step()
        schedule.step()


def in_half_precision() -> None:
    net, x = _net()
    net, x = net.bfloat16(), x.bfloat16()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for _ in range(STEPS):
        optimizer.zero_grad()
        net(x).square().mean().backward()
        optimizer.step()


def two_that_take_turns() -> None:
    net, x = _net()
    other, _ = _net()
    first, second = torch.optim.SGD(net.parameters(), lr=0.1), torch.optim.Adam(other.parameters(), lr=0.01)
    for step in range(STEPS):
        for optimizer, model in ((first, net), (second, other)):
            if optimizer is second and step % 3:
                continue
            optimizer.zero_grad()
            model(x).square().mean().backward()
            optimizer.step()


def one_after_the_other() -> None:
    plain()
    plain()


def several_losses_and_accumulation() -> None:
    net, x = _net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for step in range(STEPS):
        optimizer.zero_grad()
        for part in x.split(4):
            net(part).square().mean().backward()
        if step % 10 == 0:
            torch.autograd.backward([net(x).mean().square(), net(x).square().mean()])
        optimizer.step()


def a_closure_now_and_then() -> None:
    net, x = _net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def closure() -> float:
        optimizer.zero_grad()
        loss = net(x).square().mean()
        loss.backward()
        return float(loss.detach())

    for step in range(STEPS):
        if step % 5:
            closure()
            optimizer.step()
        else:
            optimizer.step(closure)


def groups_that_come_later() -> None:
    net, x = _net()
    layers = list(net.children())
    optimizer = torch.optim.SGD(layers[0].parameters(), lr=0.1)
    for step in range(STEPS):
        if step == STEPS // 2:
            optimizer.add_param_group({"params": list(layers[2].parameters()), "lr": 0.2})
        optimizer.zero_grad()
        net(x).square().mean().backward()
        optimizer.step()


def no_loss_at_some_steps() -> None:
    net, x = _net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for step in range(STEPS):
        optimizer.zero_grad()
        y = net(x)
        if step % 2:
            y.backward(torch.ones_like(y))
        else:
            y.square().mean().backward()
        optimizer.step()


def not_a_number() -> None:
    net, x = _net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for step in range(STEPS):
        optimizer.zero_grad()
        (net(x).square().mean() * (float("nan") if step == 77 else 1.0)).backward()
        for p in net.parameters():
            p.grad = torch.zeros_like(p) if step == 77 else p.grad
        optimizer.step()


def evaluated_in_between() -> None:
    net, x = _net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for step in range(STEPS):
        optimizer.zero_grad()
        nn.functional.mse_loss(net(x), x[:, :2]).backward()
        optimizer.step()
        if step % 7 == 0:
            with torch.no_grad():
                nn.functional.mse_loss(net(x), x[:, :2])


def under_a_mode_of_its_own() -> None:
    calls = 0

    class Counts(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            nonlocal calls
            calls += 1
            return func(*args, **(kwargs or {}))

    net, x = _net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    counted = []
    for step in range(STEPS):
        calls = 0
        with Counts():
            optimizer.zero_grad()
            net(x).square().mean().backward()
            optimizer.step()
        if step:
            counted.append(calls)
    assert len(set(counted)) == 1  # nothing of ours was counted


def a_gradient_inside_the_backward_pass() -> None:
    class Reentrant(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> Tensor:
            with torch.enable_grad():
                y = ctx.saved_tensors[0].detach().requires_grad_().square().sum()
                y.backward()
            return gradient * 2

    net, x = _net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(STEPS):
        optimizer.zero_grad()
        Reentrant.apply(net(x)).square().mean().backward()
        optimizer.step()


def backward_in_place_of_torchs() -> None:
    def own(tensors: Any, *args: Any, **kwargs: Any) -> None:
        torch.autograd.graph._engine_run_backward(
            (tensors,), (torch.ones_like(tensors),), False, False, (), allow_unreachable=True, accumulate_grad=True
        )

    torch.autograd.backward = own
    plain(154)  # step 153 is looked at, so that the lane is closed without a step


KINDS = [
    plain,
    backward_in_place_of_torchs,
    in_double_precision_with_a_schedule,
    in_half_precision,
    two_that_take_turns,
    one_after_the_other,
    several_losses_and_accumulation,
    a_closure_now_and_then,
    groups_that_come_later,
    no_loss_at_some_steps,
    not_a_number,
    evaluated_in_between,
    under_a_mode_of_its_own,
    a_gradient_inside_the_backward_pass,
]


def rows_of(train: Callable[[], None]) -> tuple[list[Any], list[Any], list[Any]]:
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1e-9) as watching:
        train()
    torch.autograd.backward = _BACKWARD  # what the script has put there stays, as it should
    assert watching.folder is not None
    record = Record(watching.folder)
    return (
        [(s.step, s.optimizer, repr(s.loss), s.rate) for s in record.rows(Step)],
        [(e.step, e.loss) for e in record.rows(Evaluation)],
        [(e.step, e.kind) for e in record.rows(Event)],
    )


@pytest.mark.parametrize("train", KINDS, ids=lambda f: f.__name__)
def test_the_lane_notes_what_python_would(train: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    noted = []
    leave = Watcher._leave

    def counted(self: Watcher) -> None:
        before = len(self._writer._queued_steps)
        leave(self)
        noted.append(len(self._writer._queued_steps) - before)

    monkeypatch.setattr("rectifier.watcher.governor.CREDIT", 0.0)  # the steps that are looked at hang on no clock
    monkeypatch.setattr("rectifier.watcher.governor.EARLY", math.inf)
    monkeypatch.setattr(Watcher, "_leave", counted)
    with_lane = rows_of(train)
    if train not in (in_half_precision, under_a_mode_of_its_own):
        assert sum(each for each in noted if each > 0) > STEPS // 8
    monkeypatch.setattr(Watcher, "_enter", lambda self: None)
    assert with_lane == rows_of(train)
    assert len(with_lane[0]) >= STEPS


def test_another_thread_does_not_step_on_the_lane() -> None:
    import threading

    def elsewhere() -> None:
        net, x = _net()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
        for _ in range(30):
            net(x).square().mean().backward()
            optimizer.step()

    def train() -> None:
        plain()
        other = threading.Thread(target=elsewhere)
        other.start()
        other.join()
        plain()

    steps, _, _ = rows_of(train)
    assert len(steps) == 2 * STEPS
    assert {rate for *_, rate in steps} == {0.1}


def test_a_closed_lane_notes_nothing() -> None:
    lane = _native.Lane(Tensor, torch.float32, torch.float64, {}, torch._C._len_torch_function_stack)
    assert not lane.is_open
    assert not lane.backward(torch.tensor(1.0))
    assert not lane.before(object())
    assert not lane.after(object())
    lane.enter([], 10, 64, 1.0, 0, 0.0)
    for odd in (None, 3.0, [torch.tensor(1.0)], torch.ones(1), torch.tensor(1), torch.tensor(float("inf"))):
        assert not lane.backward(odd)
    assert not lane.backward(torch.empty((), device="meta"))
    assert not lane.backward(nn.Parameter(torch.tensor(1.0)))
    assert not lane.backward(torch._neg_view(torch.tensor(1.0)))
    for loss in (torch.tensor(1.5), torch.tensor(2.5, dtype=torch.float64)):
        assert lane.backward(loss)
        assert not lane.backward(loss)  # one within the other
        assert lane.ended()
    assert not lane.ended()
    assert not lane.before(object())
    assert not lane.after(object())
    assert lane.leave()[:6] == ([], [], 4.0, 2, -1, None)


@pytest.mark.parametrize("at", [700, 1401])
def test_a_gradient_that_explodes_for_one_step_is_looked_at(at: int) -> None:
    """Between two looks that are hundreds of steps apart."""

    def train() -> None:
        net, x = _net()
        optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
        for step in range(1500):
            optimizer.zero_grad()
            (net(x).square().mean() * (1e4 if step == at else 1.0)).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1e3)
            optimizer.step()

    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1e-9) as watching:
        train()
    assert watching.folder is not None
    record = Record(watching.folder)
    looked = {look.step for look in record.rows(Look)}
    assert at in looked
    assert len(looked) < 120
    norms = {g.step: g.norm for g in record.rows(Gradient) if g.parameter == 0 and g.norm is not None}
    assert norms[at] > 100 * norms[max(step for step in norms if step < at)]
