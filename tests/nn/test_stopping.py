"""Early stopping: when it stops, and what the model is left with."""

import math

import pytest
import torch
from torch import nn

from rectifier.nn import EarlyStopping


def test_it_stops_after_patience_and_puts_the_best_weights_back() -> None:
    layer, norm = nn.Linear(2, 2), nn.BatchNorm1d(2)
    net = nn.Sequential(layer, norm)
    losses: list[float | torch.Tensor] = [3.0, torch.tensor(1.0), 2.0, math.nan]
    stopping = EarlyStopping(net, patience=2)
    answers, kept = [], {}
    for number, loss in enumerate(losses):
        with torch.no_grad():
            layer.weight.fill_(number)
            norm.bias.fill_(number)
        if number == 1:
            kept = {k: v.clone() for k, v in net.state_dict().items()}
        answers.append(stopping(loss))
    assert answers == [False, False, False, True]
    assert stopping.best == 1.0
    assert stopping.waited == 2
    assert all(torch.equal(v, kept[k]) for k, v in net.state_dict().items())


def test_what_is_hardly_better_is_not_better() -> None:
    stopping = EarlyStopping(nn.Linear(1, 1), patience=2, min_delta=0.1)
    assert [stopping(loss) for loss in (1.0, 0.95, 0.91)] == [False, False, True]
    assert stopping.best == 1.0


def test_without_a_finite_loss_the_weights_stay() -> None:
    net = nn.Linear(1, 1)
    before = net.weight.clone()
    stopping = EarlyStopping(net, patience=1)
    assert stopping(math.inf)
    assert torch.equal(net.weight, before)
    assert stopping.best == math.inf


def test_minus_infinity_is_no_loss() -> None:
    stopping = EarlyStopping(nn.Linear(1, 1), patience=3)
    assert [stopping(loss) for loss in (1.0, -math.inf, 0.5)] == [False, False, False]
    assert stopping.best == 0.5


class Counts(nn.Module):
    """Saves a number that is no tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = [0]
        self.weight = nn.Parameter(torch.zeros(1))

    def get_extra_state(self) -> list[int]:
        return self.seen

    def set_extra_state(self, state: list[int]) -> None:
        self.seen = state


def test_what_is_no_tensor_and_what_comes_later() -> None:
    net = Counts()
    stopping = EarlyStopping(net)
    stopping(1.0)
    net.seen[0] = 5
    net.register_buffer("late", torch.ones(2))
    with torch.no_grad():
        net.weight.add_(1)
    stopping.restore()
    assert net.seen == [0]
    assert net.weight.item() == 0
    assert net.get_buffer("late").tolist() == [1, 1]


@pytest.mark.parametrize(("given", "message"), [({"patience": 0}, "patience"), ({"min_delta": -1.0}, "min_delta")])
def test_wrong_arguments(given: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EarlyStopping(nn.Linear(1, 1), **given)  # type: ignore[arg-type]
