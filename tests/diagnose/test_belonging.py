"""What belongs together is judged together: networks one by one, layers over all their lines, copies as one."""

import copy
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import rectifier
from rectifier.diagnose.diagnosis import diagnose
from rectifier.record.reader import Record
from rectifier.record.rows import Network, Site
from rectifier.report.model import Report


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(3)


def watched(train: Callable[[], object]) -> tuple[Record, Report]:
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        train()
    assert w.folder is not None
    return Record(w.folder), w.diagnosis()


def deep(std: float, depth: int = 7, width: int = 12) -> nn.Sequential:
    """Sigmoid-like layers whose signal fades with depth where their weights are small."""
    layers: list[nn.Module] = []
    for _ in range(depth):
        linear = nn.Linear(width, width)
        nn.init.normal_(linear.weight, std=std)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.Tanh()]
    return nn.Sequential(*layers, nn.Linear(width, 1))


def in_turns(*nets: nn.Module, scales: tuple[float, ...] = (), steps: int = 60, width: int = 12) -> None:
    scales = scales or tuple(1.0 for _ in nets)
    optimizers = [
        torch.optim.SGD(net.parameters(), 0.05 / max(1.0, scale) ** 2) for net, scale in zip(nets, scales, strict=True)
    ]
    for _ in range(steps):
        x = torch.randn(32, width)
        y = x[:, :1] * x[:, 1:2]
        for net, optimizer, scale in zip(nets, optimizers, scales, strict=True):
            optimizer.zero_grad()
            functional.mse_loss(net(x), scale * y).backward()
            optimizer.step()


def test_healthy_networks_of_different_scale_are_no_depth() -> None:
    def train() -> None:
        small, large = deep(0.3, 3), deep(0.3, 3)
        in_turns(small, large, scales=(0.01, 100.0))

    record, report = watched(train)
    assert {network.name for network in record.rows(Network)} == {"small", "large"}
    assert not [f for f in report.findings if f.rule in ("vanishing-gradient", "exploding-gradient")]


@pytest.mark.parametrize("first", ["faded", "sound"])
def test_a_sick_network_beside_a_sound_one_is_the_only_one_named(first: str) -> None:
    def train() -> None:  # a function that asserts nothing: pytest has those that do ask for `locals()`
        faded, sound = deep(0.02), deep(0.3)
        in_turns(*((faded, sound) if first == "faded" else (sound, faded)))

    _, report = watched(train)
    found = next(f for f in report.findings if f.rule == "poor-initialization")
    assert [(w.network, w.layer) for w in found.where] == [("faded", str(2 * i)) for i in range(7)]
    assert "faded.0" in found.explanation
    assert "sound" not in found.explanation
    assert "faded.12" in str(report)


def test_what_the_same_passes_train_is_one_network() -> None:
    """An encoder and a decoder in modules of their own fade together: neither alone is deep enough to be judged."""

    def train() -> None:
        encoder, decoder = deep(0.02, 3)[:-1], deep(0.02, 3)
        optimizer = torch.optim.SGD([*encoder.parameters(), *decoder.parameters()], 0.01)
        for _ in range(40):
            x = torch.randn(32, 12)
            optimizer.zero_grad()
            functional.mse_loss(decoder(encoder(x).flatten(1)), x[:, :1] * x[:, 1:2]).backward()
            optimizer.step()

    _, report = watched(train)
    found = next(f for f in report.findings if f.rule == "poor-initialization")
    assert {w.network for w in found.where} == {"encoder", "decoder"}
    assert len(found.where) == 6


def test_depth_follows_the_way_through_the_network() -> None:
    """Two towers beside each other, and one behind both: the way is as long as the longer of them."""

    class Towers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = nn.Linear(4, 6), nn.Linear(4, 6)
            self.deeper, self.both, self.out = nn.Linear(6, 6), nn.Linear(12, 6), nn.Linear(6, 1)

        def forward(self, x: Tensor) -> Tensor:
            left = self.deeper(self.left(x).relu()).relu()
            both = torch.cat([self.right(x).relu(), left], 1)
            out: Tensor = self.out(self.both(both.reshape(-1, 12)).relu())
            return out

    net = Towers()
    record, _ = watched(lambda: in_turns(net, width=4, steps=6))
    sites = record.rows(Site)
    layers = {site.site: site.layer for site in sites}
    after = {site.layer: layers.get(-1 if site.after is None else site.after) for site in sites}
    assert after == {"left": None, "right": None, "deeper": "left", "both": "deeper"}


def relu(bias: float | None = None) -> nn.Sequential:
    """One hidden layer, dead where its bias lies far below zero."""
    first = nn.Linear(4, 8)
    if bias is not None:
        nn.init.constant_(first.bias, bias)
    return nn.Sequential(first, nn.ReLU(), nn.Linear(8, 1))


def test_networks_are_named_by_what_holds_them() -> None:
    class Agent:
        def __init__(self) -> None:
            self.actor, self.critics = relu(), [relu(), relu()]

        def learn(self) -> None:
            in_turns(self.actor, *self.critics, width=4, steps=6)

    def train() -> None:
        Agent().learn()
        team = SimpleNamespace(goalkeeper=relu())
        in_turns(team.goalkeeper, width=4, steps=6)
        nets = [relu(), relu()]
        for net in nets:
            in_turns(net, width=4, steps=6)

    record, _ = watched(train)
    names = ["actor", "critics[0]", "critics[1]", "team.goalkeeper", "nets[0]", "nets[1]"]
    assert [network.name for network in record.rows(Network)] == names


def test_a_layer_is_judged_over_all_lines_that_call_it() -> None:
    """Half of the units fire for one kind of sample alone, which another line brings."""
    first = nn.Linear(3, 16, bias=False)
    judge = nn.Sequential(first, nn.ReLU(), nn.Linear(16, 1))

    def train() -> None:
        optimizer = torch.optim.SGD(judge.parameters(), 1e-4)
        for _ in range(30):
            optimizer.zero_grad()
            up = judge(1 + torch.rand(32, 3))
            down = judge(-1 - torch.rand(32, 3))
            (up.square() + (down - 1).square()).mean().backward()
            optimizer.step()

    with torch.no_grad():
        first.weight.abs_()
        first.weight[::2] *= -1
    record, report = watched(train)
    assert len(record.rows(Site)) == 2
    assert report.verdict == "healthy"
    assert not report.findings


def test_copies_are_one_place_with_a_count() -> None:
    base = relu(-40.0)

    def train() -> None:
        for _ in range(12):
            learner = copy.deepcopy(base)
            in_turns(learner, width=4, steps=4)

    _, report = watched(train)
    found = next(f for f in report.findings if f.rule == "born-dead-relu")
    (place,) = found.where
    assert (place.layer, place.affected, place.units, place.copies) == ("0", 8, 8, 12)
    assert "0, 0" not in found.explanation


def test_two_critics_of_one_kind_are_told_apart() -> None:
    def train() -> None:
        critics = [relu(), relu(-40.0)]
        in_turns(*critics, width=4)

    _, report = watched(train)
    found = next(f for f in report.findings if f.rule == "born-dead-relu")
    assert [(w.network, w.layer, w.affected) for w in found.where] == [("critics[1]", "0", 8)]


def test_processes_that_train_networks_of_their_own_are_judged_apart(tmp_path: Path) -> None:
    folders = [watched(partial(in_turns, net, width=4))[0].folder for net in (relu(), relu(-40.0))]
    for number, folder in enumerate(folders):
        file = next(folder.glob("rank-*.db"))
        text = file.read_bytes()
        (tmp_path / f"rank-{number}.db").write_bytes(text)
    (tmp_path / "run.json").write_bytes((folders[0] / "run.json").read_bytes())
    report = Report.of(diagnose(Record(tmp_path)))
    assert report.verdict == "sick"
    assert {(f.rule, f.process is None) for f in report.findings if f.severity == "error"} == {
        ("born-dead-relu", False)
    }
    assert not [n for n in report.not_judged if "several optimizers" in n.because]
    assert "in process" in str(report)


def test_a_second_thread_is_named() -> None:
    nets = [relu(), relu()]

    def train() -> None:
        def other() -> None:
            in_turns(nets[1], width=4)

        in_turns(nets[0], width=4, steps=30)
        thread = threading.Thread(target=other, name="the-other")
        thread.start()
        thread.join()

    _, report = watched(train)
    assert (report.verdict, report.run.watched) == ("inconclusive", False)
    assert "another thread, the-other, stepped an optimizer and called backward()" in (report.run.unwatched or "")


def test_a_thread_may_train_where_the_one_before_has_ended() -> None:
    net = relu()

    def train() -> None:
        for _ in range(2):
            thread = threading.Thread(target=lambda: in_turns(net, width=4, steps=20))
            thread.start()
            thread.join()

    _, report = watched(train)
    assert (report.run.watched, report.run.steps) == (True, 40)


def test_gradients_asked_for_by_hand_are_named() -> None:
    w = torch.randn(4, 1, requires_grad=True)

    def train() -> None:
        for _ in range(5):
            (gradient,) = torch.autograd.grad((torch.randn(8, 4) @ w).square().mean(), [w])
            with torch.no_grad():
                w.sub_(0.1 * gradient)

    _, report = watched(train)
    assert report.verdict == "inconclusive"
    assert any("torch.autograd.grad" in n.because and "5 times" in n.because for n in report.not_judged)


def test_copies_of_few_steps_are_counted_on() -> None:
    def train() -> None:
        base = relu()
        for _ in range(6):
            in_turns(copy.deepcopy(base), width=4, steps=2)

    _, report = watched(train)
    assert (report.run.steps, report.run.looked_at) == (12, 12)


@pytest.mark.parametrize("copied_back", [True, False])
def test_what_moves_by_another_networks_optimizer_is_not_left_out(copied_back: bool) -> None:
    """A worker hands its gradients to a shared network, and takes its weights back."""

    def train() -> None:
        shared, worker = relu(), relu()
        optimizer = torch.optim.SGD(shared.parameters(), 0.05)
        for _ in range(40):
            x = torch.randn(16, 4)
            worker.zero_grad()
            (worker(x) - x[:, :1]).square().mean().backward()
            for theirs, own in zip(shared.parameters(), worker.parameters(), strict=True):
                theirs.grad = own.grad
            optimizer.step()
            if copied_back:
                worker.load_state_dict(shared.state_dict())

    _, report = watched(train)
    named = [f for f in report.findings if f.rule == "no-gradient"]
    assert bool(named) == (not copied_back)
