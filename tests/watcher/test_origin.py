"""The operation that a loss stopped being finite in is named, with the line that called it."""

import inspect
import json
import math
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import rectifier
from rectifier.record.reader import Record
from rectifier.record.rows import Event, Look

BAD = 37  # the step that goes wrong: it must not be one that was looked at


@pytest.fixture(autouse=True)
def no_credit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the steps that are looked at hang on no clock."""
    monkeypatch.setattr("rectifier.watcher.governor.CREDIT", 0.0)
    monkeypatch.setattr("rectifier.watcher.governor.EARLY", math.inf)


def log_of_zero(out: Tensor, x: Tensor) -> Tensor:
    p = torch.softmax(out, dim=1)
    logs = torch.log(p)  # here
    return nn.functional.nll_loss(logs, (x[:, 0] > 0).long()) + 0 * p.mean()


def division(out: Tensor, x: Tensor) -> Tensor:
    scale = (x.abs().sum() < 1000).float()
    shares = out.sigmoid()
    return (shares / scale).square().mean() + out.mean()  # here


def overflow(out: Tensor, x: Tensor) -> Tensor:
    rates = torch.exp(0.1 * out)  # here
    return (rates - x[:, :3]).square().mean()


def root_of_zero(out: Tensor, x: Tensor) -> Tensor:
    target = out.detach() if x.abs().max() > 1000 else x[:, :3]
    square = ((out - target) ** 2).sum(1)
    return torch.sqrt(square).mean()  # here


def train(loss_of: Callable[[Tensor, Tensor], Tensor]) -> tuple[dict[str, str], set[int]]:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1e-9) as watching:
        for step in range(60):
            x = torch.randn(16, 4) * (10_000 if step == BAD else 1)
            optimizer.zero_grad()
            loss_of(net(x), x).backward()
            optimizer.step()
    assert watching.folder is not None
    record = Record(watching.folder)
    (detail,) = (json.loads(e.detail) for e in record.rows(Event) if e.kind == "non-finite")
    return detail, {look.step for look in record.rows(Look)}


def line_of(function: Callable[..., object]) -> str:
    lines, first = inspect.getsourcelines(function)
    return str(first + next(number for number, line in enumerate(lines) if "# here" in line))


def overflow_in_the_first_of_two(out: Tensor, x: Tensor) -> Tensor:
    nn.functional.cross_entropy(torch.exp(0.1 * out), x[:, :3].argmax(1)).backward(retain_graph=True)  # here
    return (out.tanh().square() + out.sigmoid()).mean()


@pytest.mark.parametrize(
    ("loss", "operation"),
    [(log_of_zero, "log"), (division, "div"), (overflow, "exp"), (overflow_in_the_first_of_two, "exp")],
)
def test_where_a_value_became_infinite(loss: Callable[[Tensor, Tensor], Tensor], operation: str) -> None:
    detail, looks = train(loss)
    assert BAD not in looks
    assert detail["operation"] == operation
    place, _, line = detail["source"].rpartition(":")
    assert Path(place).name == Path(__file__).name
    assert line == line_of(loss)


def test_a_slope_that_may_have_spoilt_the_weights() -> None:
    detail, looks = train(root_of_zero)
    assert BAD in looks  # its gradients jumped
    assert "weights" in detail["because"]
    assert detail["steep"] == "sqrt"
    assert detail["steep_source"].rpartition(":")[2] == line_of(root_of_zero)
