"""What cannot be seen at work is told by its gradients: compiled, scripted, or stepped within the backward call."""

import tempfile
import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import rectifier
from rectifier.report.model import Report
from rectifier.watcher.tree import activation_behind

HIDDEN = 12


class Branches(nn.Module):
    """One activation for two layers, which the tree of modules does not put between them."""

    def __init__(self, *, bias: bool = True) -> None:
        super().__init__()
        self.act = nn.ReLU()
        self.first = nn.Linear(5, HIDDEN)
        self.second = nn.Linear(HIDDEN, HIDDEN, bias=bias)
        self.out = nn.Linear(HIDDEN, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.out(self.act(self.second(self.act(self.first(x)))))
        return out


def kill(linear: nn.Linear, units: int) -> None:
    with torch.no_grad():
        linear.bias[:units] = -30.0
        linear.bias[units:] = 1.0


def train(
    net: nn.Module, way: Callable[[nn.Module], Callable[[Tensor], Tensor]], *, within: bool = False, steps: int = 40
) -> Report:
    parameters = list(net.parameters())
    optimizers = [torch.optim.SGD(group, 0.01) for group in ([[p] for p in parameters] if within else [parameters])]
    if within:
        for parameter, optimizer in zip(parameters, optimizers, strict=True):

            def step(p: Tensor, optimizer: torch.optim.Optimizer = optimizer) -> None:
                optimizer.step()
                optimizer.zero_grad()

            parameter.register_post_accumulate_grad_hook(step)
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        model = way(net)
        for _ in range(steps):
            x = torch.randn(24, 5)
            loss = (model(x) - x[:, :1].abs()).square().mean()
            if not within:
                optimizers[0].zero_grad()
            loss.backward()
            if not within:
                optimizers[0].step()
    return w.diagnosis()


def scripted(net: nn.Module) -> Callable[[Tensor], Tensor]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated, and used
        found: Callable[[Tensor], Tensor] = torch.jit.script(net)
    return found


WAYS: dict[str, Callable[[nn.Module], Callable[[Tensor], Tensor]]] = {
    "eager": lambda net: net,
    "scripted": scripted,
    "compiled": lambda net: torch.compile(net, backend="eager"),
    "within": lambda net: net,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dead", [7, HIDDEN])
def test_dead_units_are_found_however_the_network_is_run(way: str, dead: int) -> None:
    torch.manual_seed(2)
    net = Branches()
    kill(net.second, dead)
    report = train(net, WAYS[way], within=way == "within")
    found = next(f for f in report.findings if f.rule == "born-dead-relu")
    assert [(w.layer, w.activation, w.affected, w.units) for w in found.where] == [("second", "relu", dead, HIDDEN)]
    assert not [f for f in report.findings if f.rule == "no-gradient"]


def test_what_lies_behind_a_silent_layer_is_not_called_dead() -> None:
    """Without a bias its weights get no gradient, as all its inputs are zero."""
    torch.manual_seed(2)
    net = Branches(bias=False)
    kill(net.first, HIDDEN)
    report = train(net, scripted)
    assert [w.layer for f in report.findings if "dead" in f.rule for w in f.where] == ["first"]


def test_a_sound_network_is_not_accused() -> None:
    torch.manual_seed(2)
    net = Branches()
    report = train(net, scripted)
    assert report.verdict == "healthy"
    assert not report.findings


@pytest.mark.parametrize(
    ("layers", "behind"),
    [
        ((nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(), nn.ReLU()), "relu"),
        ((nn.Linear(2, 2), nn.Sequential(nn.Identity(), nn.Tanh())), "tanh"),
        ((nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), nn.LeakyReLU(0.0)), "relu"),
        ((nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU()), None),
        ((nn.Linear(2, 2),), None),
    ],
)
def test_the_activation_behind_a_layer(layers: tuple[nn.Module, ...], behind: str | None) -> None:
    net = nn.Sequential(*layers)
    kind = activation_behind(next(net.parameters()), net)
    assert (None if kind is None else kind.name) == behind
