"""Activations exchanged in a model, and first weights that suit them."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import rectifier.nn as nn
from rectifier import catalogue
from rectifier.nn import activations

MEMBERS = [member.name for member in catalogue.members()]


class Block(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3)
        self.act = torch.nn.ReLU(inplace=True)
        self.out = torch.nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.conv(x)).mean((2, 3))
        return F.relu(self.out(x))


def test_modules_are_replaced_everywhere() -> None:
    shared = torch.nn.ReLU()
    net: Any = torch.nn.Sequential(Block(), shared, torch.nn.ModuleDict({"a": shared, "b": nn.ReLU(), "c": nn.ReLU6()}))
    weights = {name: value.data_ptr() for name, value in net.named_parameters()}
    done = nn.swap(net, "relu", "leaky_relu", negative_slope=0.2)
    assert done.replaced == ("0.act", "1", "2.a", "2.b")
    assert net[1] is net[2]["a"]
    assert isinstance(net[2]["c"], torch.nn.ReLU6)
    assert net[0].act.inplace
    assert net[0].act.negative_slope == 0.2
    assert {name: value.data_ptr() for name, value in net.named_parameters()} == weights
    (said,) = done.not_swapped
    line = Block.forward.__code__.co_firstlineno + 2
    assert said == f"0 calls F.relu at {__file__}:{line}"
    assert "not swapped: 0 calls F.relu" in str(done)


def test_new_parameters_can_join_the_optimizer() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), nn.ReLU(), torch.nn.Linear(4, 1)).double()
    optimizer = torch.optim.Adam(net.parameters())
    done = nn.swap(net, "relu", "prelu", num_parameters=4, init=0.1)
    (weight,) = done.parameters
    assert weight.dtype == torch.float64
    assert weight.tolist() == pytest.approx([0.1] * 4)
    optimizer.add_param_group({"params": done.parameters})
    net(-torch.ones(2, 3).double()).sum().backward()
    before = weight.detach().clone()
    optimizer.step()
    assert not torch.equal(before, weight)


def test_hooks_and_mode_stay() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU()).eval()
    seen: list[Any] = []
    net[1].register_forward_hook(lambda module, inputs, output: seen.append(type(module).__name__))
    nn.swap(net, "relu", "rrelu")
    net(torch.ones(1, 3))
    assert seen == ["RReLU"]
    assert not net[1].training


@pytest.mark.parametrize("old", MEMBERS)
def test_any_for_any(old: str) -> None:
    names = activations.names()
    required = {"threshold": (0.0, 0.0)}
    for new in ("relu", "gelu_tanh", "prelu", old):
        net = torch.nn.Sequential(torch.nn.Linear(2, 2), getattr(nn, names[old])(*required.get(old, ())))
        given = {"threshold": 0.0, "value": 0.0} if new == "threshold" else {}
        assert nn.swap(net, old, new, **given).replaced == ("1",)
        assert type(net[1]).__name__ == names[new]
    if old != "gelu":
        other = torch.nn.Sequential(nn.GELU())
        assert nn.swap(other, old, "relu").replaced == ()


def test_both_gelus_are_told_apart() -> None:
    net = torch.nn.Sequential(torch.nn.GELU(), torch.nn.GELU(approximate="tanh"))
    assert nn.swap(net, "gelu_tanh", "relu").replaced == ("1",)
    assert nn.swap(net, "gelu", "relu").replaced == ("0",)


def test_held_functions_are_said() -> None:
    layer = torch.nn.TransformerEncoderLayer(8, 2)
    (said,) = nn.swap(layer, "relu", "gelu").not_swapped
    assert said == "TransformerEncoderLayer holds relu as its attribute 'activation'"


def test_wrong_swaps() -> None:
    net = torch.nn.Sequential(nn.ReLU())
    with pytest.raises(LookupError, match="did you mean 'relu'"):
        nn.swap(net, "rellu", "elu")
    with pytest.raises(TypeError, match="ELU has no parameter 'slope'; it has: alpha, inplace"):
        nn.swap(net, "relu", "elu", slope=1)
    assert type(net[0]).__name__ == "ReLU"
    with pytest.raises(TypeError, match="missing 2 required positional arguments: 'threshold' and 'value'"):
        nn.swap(net, "relu", "threshold")
    with pytest.raises(TypeError, match=r"on a torch\.nn\.Module, got"):
        nn.swap(3, "relu", "elu")  # type: ignore[arg-type]
    assert type(net[0]).__name__ == "ReLU"
    with pytest.raises(ValueError, match="itself a ReLU"):
        nn.swap(nn.ReLU(), "relu", "elu")


@pytest.mark.parametrize("distribution", ["normal", "uniform", "orthogonal"])
@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus", "prelu"])
def test_the_signal_keeps_its_mean_square(name: str, distribution: Any) -> None:
    torch.manual_seed(0)
    kind = getattr(nn, activations.names()[name])
    net = torch.nn.Sequential(*[layer for _ in range(6) for layer in (torch.nn.Linear(512, 512), kind())])
    done = nn.init_for_(net, distribution=distribution)
    assert [each.activation for each in done] == [name] * 6
    gain = catalogue.get(name).facts(*catalogue.get(name).defaults).gain
    assert gain is not None
    assert done[0].std == pytest.approx(gain / math.sqrt(512))
    assert done[0].scheme == ("LeCun" if name == "selu" else "He")
    first: Any = net[0]
    assert float(first.weight.detach().std()) == pytest.approx(done[0].std, rel=0.02)
    x = torch.randn(256, 512)
    with torch.no_grad():
        for k in range(0, len(net), 2):
            pre = net[k](x)
            x = net[k + 1](pre)
            # Weights are shared by all samples: over layers the mean square drifts by chance. Where the function is not
            # homogeneous it also grows: the gain is that for a pre-activation of variance 1, and it is gain^2 here.
            assert 0.4 < float(x.square().mean()) < (2.5 if name in ("relu", "leaky_relu", "prelu", "selu") else 4)


def test_what_follows_is_found_in_the_graph() -> None:
    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last = torch.nn.Linear(8, 1)
            self.first = torch.nn.Linear(4, 8)
            self.norm = torch.nn.BatchNorm1d(8)
            self.second = torch.nn.Linear(8, 8)

        def forward(self, x: Tensor) -> Any:
            x = F.leaky_relu(self.norm(self.first(x)), negative_slope=0.3)
            return self.last(torch.tanh(self.second(x)))

    found = {each.layer: each for each in nn.init_for_(Net())}
    assert {name: (each.activation, each.scheme) for name, each in found.items()} == {
        "first": ("leaky_relu", "He"),
        "second": ("tanh", "Glorot"),
        "last": (None, "LeCun"),
    }
    assert found["first"].std == pytest.approx(math.sqrt(2 / (1 + 0.3**2)) / 2)


def test_what_cannot_be_traced_goes_by_order() -> None:
    class Branching(torch.nn.Sequential):
        def forward(self, x: Tensor) -> Any:
            return super().forward(x) if x.sum() > 0 else x

    net = Branching(torch.nn.Linear(4, 4), nn.ReLU(), torch.nn.Linear(4, 4))
    assert [each.activation for each in nn.init_for_(net)] == ["relu", None]
    assert [each.activation for each in nn.init_for_(net, "elu")] == ["relu", "elu"]


def test_fans_of_convolutions() -> None:
    net = torch.nn.Sequential(
        torch.nn.Conv2d(6, 12, 3, groups=3),
        nn.ReLU(),
        torch.nn.ConvTranspose2d(12, 4, 4, stride=2),
        nn.ReLU(),
        torch.nn.Conv1d(4, 4, 1, bias=False),
    )
    first, second, last = nn.init_for_(net)
    assert first.std == pytest.approx(math.sqrt(2 / (2 * 9)))
    assert second.std == pytest.approx(math.sqrt(2 / (12 * 16 / 4)))
    assert last.std == pytest.approx(0.5)
    with pytest.raises(ValueError, match="distribution"):
        nn.init_for_(net, distribution="cauchy")  # type: ignore[arg-type]
    with pytest.raises(LookupError):
        nn.init_for_(net, "rellu")


def test_bare_weights() -> None:
    weight, bias, kernel = torch.zeros(400, 50, requires_grad=True), torch.ones(50), torch.zeros(8, 4, 5, 5)
    first, second = nn.init_for_([weight, bias, kernel], "relu")
    assert (first.layer, first.scheme) == ("0", "He")
    assert first.std == pytest.approx(math.sqrt(2 / 400))
    assert second.layer == "2"
    assert second.std == pytest.approx(math.sqrt(2 / (4 * 25)))
    assert float(weight.detach().std()) == pytest.approx(first.std, rel=0.05)
    assert bias.eq(1).all()
    assert nn.init_for_(iter([weight]))[0].std == pytest.approx(1 / 20)
    for wrong in ("net", weight, 3, ["weight"]):
        with pytest.raises(TypeError, match="a list of tensors, got"):
            nn.init_for_(wrong, "relu")  # type: ignore[arg-type]


def test_reviving_by_hand() -> None:
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(16, 2))
    first: Any = net[0]
    torch.nn.init.constant_(first.bias, -100.0)
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    reviver = nn.revive_(net, optimizer, patience=3)
    for step in range(4):
        net(torch.rand(5, 1, 4, 4)).square().sum().backward()
        optimizer.step()
        assert reviver.revived == (4 if step >= 2 else 0)
    assert (first.bias == 0).all()
    with pytest.raises(TypeError, match="Module"):
        nn.revive_(first.weight, optimizer)
    with pytest.raises(TypeError, match="Optimizer"):
        nn.revive_(net, 0.1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="patience"):
        nn.revive_(net, optimizer, patience=0)
