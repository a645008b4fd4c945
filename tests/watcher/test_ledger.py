"""The loss of every step is the one whose gradients it applies, as the script itself knows it."""

import math
import tempfile
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import rectifier
from rectifier.record.reader import Record
from rectifier.record.rows import Step
from rectifier.watcher.attach import Watcher

STEPS = 90
Losses = dict[int, list[float]]  # by the optimizers' numbers: in order of first step


def _net(outputs: int = 1) -> nn.Module:
    return nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, outputs))


def _data() -> tuple[Tensor, Tensor]:
    x = torch.randn(20, 3)
    return x, x.prod(1, keepdim=True)


def sharpness_aware(*, to_none: bool = True) -> Losses:
    net = _net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    losses = []
    for _ in range(STEPS):
        x, y = _data()
        (net(x) - y).square().mean().backward()
        with torch.no_grad():
            moved = [p.grad * 0.1 for p in net.parameters() if p.grad is not None]
            for p, by in zip(net.parameters(), moved, strict=True):
                p.add_(by)
        optimizer.zero_grad(set_to_none=to_none)
        loss = (net(x) - y).square().mean()
        loss.backward()
        with torch.no_grad():
            for p, by in zip(net.parameters(), moved, strict=True):
                p.sub_(by)
        optimizer.step()
        optimizer.zero_grad(set_to_none=to_none)
        losses.append(loss.item())
    return {0: losses}


def sharpness_aware_with_zeros() -> Losses:
    return sharpness_aware(to_none=False)


def adversaries(*, to_none: bool = True) -> Losses:
    maker, judge = _net(3), _net()
    of_maker = torch.optim.Adam(maker.parameters(), lr=1e-3)
    of_judge = torch.optim.SGD(judge.parameters(), lr=0.1)
    judged, made = [], []
    for _ in range(STEPS):
        x, _ = _data()
        fake = maker(torch.randn(20, 3))
        of_judge.zero_grad(set_to_none=to_none)
        right, wrong = (judge(x) - 1).square().mean(), judge(fake.detach()).square().mean()
        right.backward()
        wrong.backward()
        of_judge.step()
        of_maker.zero_grad(set_to_none=to_none)
        loss = (judge(fake) - 1).square().mean()  # goes through the judge, which does not step on it
        loss.backward()
        of_maker.step()
        judged.append(right.item() + wrong.item())
        made.append(loss.item())
    return {0: judged, 1: made}


def adversaries_with_zeros() -> Losses:
    return adversaries(to_none=False)


def one_loss_of_three_optimizers() -> Losses:
    net, losses = _net(), list[float]()
    parameters = list(net.parameters())
    optimizers = [torch.optim.SGD([p], lr=0.05) for p in parameters[:2]] + [torch.optim.Adam(parameters[2:], lr=1e-3)]
    for step in range(STEPS):
        x, y = _data()
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss = (net(x) - y).square().mean()
        loss.backward()
        for optimizer in optimizers if step % 2 or not step else reversed(optimizers):
            optimizer.step()
        losses.append(loss.item())
    return dict.fromkeys(range(3), losses)


def all_backward_before_any_step() -> Losses:
    nets, losses = [_net(), _net()], [list[float](), list[float]()]
    optimizers = [torch.optim.SGD(net.parameters(), lr=0.05) for net in nets]
    for _ in range(STEPS):
        x, y = _data()
        for optimizer in optimizers:
            optimizer.zero_grad()
        for net, seen in zip(nets, losses, strict=True):
            loss = (net(x) - y).abs().mean()
            loss.backward()
            seen.append(loss.item())
        for optimizer in reversed(optimizers):
            optimizer.step()
    return {0: losses[1], 1: losses[0]}


def accumulated_over_four() -> Losses:
    net, losses = _net(), list[float]()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(STEPS):
        total = 0.0
        for _ in range(4):
            x, y = _data()
            loss = (net(x) - y).square().mean() / 4
            loss.backward()
            total += loss.item()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(total)
    return {0: losses}


def never_cleared() -> Losses:
    net, losses = _net(), list[float]()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-4)
    for _ in range(STEPS):
        x, y = _data()
        loss = (net(x) - y).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {0: losses}


def evaluations_of_a_closure() -> Losses:
    net, losses = _net(), list[float]()
    x, y = _data()
    optimizer = torch.optim.LBFGS(net.parameters(), max_iter=7, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss: Tensor = (net(x) - y).square().mean()
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(STEPS // 6):
        optimizer.step(closure)
    return {0: losses}


class Around(torch.optim.Optimizer):
    """An optimizer around another one, which evaluates its closure once more."""

    def __init__(self, inner: torch.optim.Optimizer) -> None:
        super().__init__(inner.param_groups, {})
        self.inner = inner

    def step(self, closure: Callable[[], Tensor]) -> Tensor:  # type: ignore[override]
        self.zero_grad()
        with torch.enable_grad():
            loss = closure()
        self.inner.step()
        return loss


def an_optimizer_around_another() -> Losses:
    net, losses = _net(), list[float]()
    optimizer = Around(torch.optim.SGD(net.parameters(), lr=0.05))
    for _ in range(STEPS):
        x, y = _data()
        (net(x) - y).square().mean().backward()

        def closure(x: Tensor = x, y: Tensor = y) -> Tensor:
            loss: Tensor = (net(x) - y).square().mean()
            loss.backward()
            losses.append(loss.item())
            return loss

        optimizer.step(closure)
    return {0: losses}


def steps_within_the_backward_call() -> Losses:
    net, losses = _net(), list[float]()
    for parameter in net.parameters():
        optimizer = torch.optim.SGD([parameter], lr=0.05)

        def hook(p: Tensor, optimizer: torch.optim.Optimizer = optimizer) -> None:
            optimizer.step()
            optimizer.zero_grad()

        parameter.register_post_accumulate_grad_hook(hook)
    for _ in range(STEPS):
        x, y = _data()
        loss = (net(x) - y).square().mean()
        loss.backward()
        losses.append(loss.item())
    return dict.fromkeys(range(4), losses)


def a_closure_that_breaks_off() -> Losses:
    net, losses = _net(), list[float]()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    other = torch.optim.SGD(_net().parameters(), lr=0.05)

    def closure() -> Tensor:
        raise KeyboardInterrupt

    for step in range(STEPS):
        if step == 40:
            with pytest.raises(KeyboardInterrupt):
                other.step(closure)
        x, y = _data()
        optimizer.zero_grad()
        loss = (net(x) - y).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {0: losses}


KINDS = [
    sharpness_aware,
    sharpness_aware_with_zeros,
    adversaries,
    adversaries_with_zeros,
    one_loss_of_three_optimizers,
    all_backward_before_any_step,
    accumulated_over_four,
    never_cleared,
    evaluations_of_a_closure,
    an_optimizer_around_another,
    steps_within_the_backward_call,
    a_closure_that_breaks_off,
]


@pytest.mark.parametrize("lane", [True, False], ids=["native", "python"])
@pytest.mark.parametrize("train", KINDS, ids=lambda f: f.__name__)
def test_losses_are_those_of_the_script(
    train: Callable[[], Losses], lane: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(1)
    monkeypatch.setattr("rectifier.watcher.governor.CREDIT", 0.0)
    monkeypatch.setattr("rectifier.watcher.governor.EARLY", math.inf)
    if not lane:
        monkeypatch.setattr(Watcher, "_enter", lambda self: None)
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1e-9) as watching:
        expected = train()
    assert watching.folder is not None
    found: dict[int, list[float | None]] = {}
    for row in Record(watching.folder).rows(Step):
        found.setdefault(row.optimizer, []).append(row.loss)
    assert found.keys() == expected.keys()
    for number, losses in expected.items():
        assert found[number] == pytest.approx(losses)
