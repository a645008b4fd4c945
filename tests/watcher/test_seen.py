"""Activations are seen however they are written, with the layer that fed them and the line of the call."""

import copy
import inspect
import tempfile
import weakref
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  as users write it
from torch import Tensor, nn
from torch.optim import optimizer

import rectifier
import rectifier.nn
from rectifier.record.reader import Record
from rectifier.record.rows import Activity, Criterion, Look, Optimizer, Parameter, Site, Step
from rectifier.watcher.steppers import Steppers
from rectifier.watcher.window import WEARY


class Net(nn.Module):
    """Two layers with an activation between them that a test supplies."""

    def __init__(self, activation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first = nn.Linear(4, 6)
        self.second = nn.Linear(6, 1)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.activation(self.first(x)))  # type: ignore[no-any-return]


def watched(train: Callable[[], Any]) -> Record:
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        train()
    assert w.folder is not None
    record = Record(w.folder)
    assert not [n for n in w.diagnosis().not_judged if n.rule == "watch"], w.diagnosis()
    return record


def steps(model: Callable[[Tensor], Tensor], parameters: Any, shape: tuple[int, ...] = (32, 4)) -> None:
    optimizer = torch.optim.SGD(parameters, 0.01)
    for _ in range(5):
        optimizer.zero_grad()
        model(torch.randn(shape)).square().mean().backward()
        optimizer.step()


SPELLINGS: dict[str, tuple[str, Callable[[Tensor], Tensor]]] = {
    "nn.ReLU": ("relu", nn.ReLU()),
    "nn.ReLU(inplace)": ("relu", nn.ReLU(inplace=True)),
    "F.relu": ("relu", F.relu),
    "F.relu_": ("relu", lambda x: F.relu_(x)),
    "torch.relu": ("relu", torch.relu),
    "torch.relu_": ("relu", torch.relu_),
    "x.relu()": ("relu", lambda x: x.relu()),
    "x.relu_()": ("relu", lambda x: x.relu_()),
    "x.clamp(min=0)": ("relu", lambda x: x.clamp(min=0)),
    "x.clamp_(0)": ("relu", lambda x: x.clamp_(0)),
    "torch.clamp_min": ("relu", lambda x: torch.clamp_min(x, 0.0)),
    "torch.maximum": ("relu", lambda x: torch.maximum(x, torch.tensor(0.0))),
    "F.threshold": ("relu", lambda x: F.threshold(x, 0.0, 0.0)),
    "leaky with slope 0": ("relu", nn.LeakyReLU(0.0)),
    "nn.ReLU6": ("relu6", nn.ReLU6()),
    "clamp(0, 6)": ("relu6", lambda x: x.clamp(0, 6)),
    "nn.LeakyReLU": ("leaky_relu", nn.LeakyReLU()),
    "nn.PReLU": ("prelu", nn.PReLU()),
    "nn.ELU": ("elu", nn.ELU()),
    "nn.GELU": ("gelu", nn.GELU()),
    "nn.SiLU": ("silu", nn.SiLU()),
    "torch.sigmoid": ("sigmoid", torch.sigmoid),
    "nn.Tanh": ("tanh", nn.Tanh()),
    "rectifier.nn.ReLU": ("relu", rectifier.nn.ReLU()),
    "rectifier.nn.ReLU(inplace)": ("relu", rectifier.nn.ReLU(inplace=True)),
    "rectifier.nn.ELU": ("elu", rectifier.nn.ELU()),
    "rectifier.nn.functional": ("leaky_relu", lambda x: rectifier.nn.functional.leaky_relu(x, 0.2)),
    "after dropout and batch norm": ("relu", nn.Sequential(nn.BatchNorm1d(6), nn.Dropout(0.1), nn.ReLU())),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling(spelling: str) -> None:
    name, activation = SPELLINGS[spelling]
    net = Net(activation)
    record = watched(lambda: steps(net, net.parameters()))
    (site,) = record.rows(Site)
    assert (site.layer, site.activation, site.units) == ("first", name, 6)
    assert site.rectifies == (name in ("relu", "relu6"))
    line = inspect.getsourcelines(Net.forward)[1] + 1
    file = "tests/watcher/test_seen.py"
    if isinstance(activation, nn.Module):
        assert site.source == f"{file}:{line}"
    assert len(record.rows(Look)) == 5
    assert len(record.rows(Activity)) == (5 if site.rectifies else 0)


@pytest.mark.parametrize("name", ["clamp(max)", "clamp(-1)", "maximum of two", "no activation"])
def test_what_is_no_activation_is_not_taken_for_one(name: str) -> None:
    function = {
        "clamp(max)": lambda x: x.clamp(max=1),
        "clamp(-1)": lambda x: x.clamp(min=-1.0),
        "maximum of two": lambda x: torch.maximum(x, x.detach() * 0.5),
        "no activation": lambda x: x * 2,
    }[name]
    net = Net(function)
    assert watched(lambda: steps(net, net.parameters())).rows(Site) == []


def test_counts_are_those_of_the_data() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))
    x = torch.randn(50, 4)
    with torch.no_grad():
        expected = (net[:2](x) > 0).sum(0).tolist()

    def train() -> None:
        optimizer = torch.optim.SGD(net.parameters(), 0.0)
        net(x).sum().backward()
        optimizer.step()

    (activity,) = watched(train).rows(Activity)
    assert [int.from_bytes(activity.active[i : i + 4], "little") for i in range(0, 24, 4)] == expected
    assert (activity.seen, activity.non_zero) == (50, sum(expected))


def test_channels_of_a_convolution() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 36, 1))
    nn.init.constant_(net[1].bias, -100.0)  # type: ignore[arg-type]
    record = watched(lambda: steps(net, net.parameters(), (8, 1, 8, 8)))
    (site,) = record.rows(Site)
    assert (site.layer, site.units) == ("0", 3)
    assert all(a.active == bytes(12) and a.seen == 8 for a in record.rows(Activity))


def test_a_sequence_counts_samples_not_positions() -> None:
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))
    record = watched(lambda: steps(net, net.parameters(), (8, 5, 4)))
    assert {a.seen for a in record.rows(Activity)} == {8}
    assert record.rows(Site)[0].units == 6


def test_a_picture_without_a_batch_is_one_sample() -> None:
    torch.manual_seed(0)
    net = nn.Conv2d(3, 8, 3)
    record = watched(lambda: steps(lambda x: F.relu(net(x)), net.parameters(), shape=(3, 12, 12)))
    (site,) = record.rows(Site)
    assert site.units == 8
    assert {row.seen for row in record.rows(Activity)} == {1}


def test_a_sample_in_each_column() -> None:
    torch.manual_seed(0)
    weight = nn.Parameter(torch.randn(6, 4))
    with torch.no_grad():
        weight[2] = 0
    last = nn.Parameter(torch.randn(1, 6))
    bias = torch.tensor([0.0, 0, -50, 0, 0, 0])[:, None]

    def forward(x: Tensor) -> Tensor:
        return last @ torch.relu(weight @ x.t() + bias)

    record = watched(lambda: steps(forward, [weight, last]))
    (site,) = record.rows(Site)
    assert (site.layer, site.units) == ("weight", 6)
    for row in record.rows(Activity):
        active = np.frombuffer(row.active, "<u4")
        assert row.seen == 32
        assert active[2] == 0
        assert (np.delete(active, 2) > 0).all()


def test_each_fold_has_parameters_and_an_optimizer_of_its_own() -> None:
    def folds() -> None:
        for fold in range(4):
            torch.manual_seed(fold)
            net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))
            steps(net, net.parameters())

    record = watched(folds)
    numbers = [p.parameter for p in record.rows(Parameter)]
    assert len(numbers) == len(set(numbers)) == 16
    assert [o.optimizer for o in record.rows(Optimizer)] == [0, 1, 2, 3]


def test_gradients_of_many_batches_are_accumulated() -> None:
    def train() -> None:
        net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))
        optimizer = torch.optim.SGD(net.parameters(), 0.01)
        for batch in range(1, 513):
            net(torch.randn(8, 4)).square().mean().backward()
            if batch % 128 == 0:
                optimizer.step()
                optimizer.zero_grad()

    record = watched(train)
    assert [o.kind for o in record.rows(Optimizer)] == ["SGD"]
    assert len(record.rows(Step)) == 4


def test_parameters_moved_by_hand_beside_an_optimizer_that_never_steps() -> None:
    losses = []

    def train() -> None:
        net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))
        optimizer = torch.optim.SGD(net.parameters(), 0.01)  # only to clear the gradients
        for _ in range(12):
            optimizer.zero_grad()
            loss = net(torch.randn(8, 4)).square().mean()
            loss.backward()
            with torch.no_grad():
                for p in net.parameters():
                    assert p.grad is not None
                    p.sub_(0.01 * p.grad)
            losses.append(loss.item())

    record = watched(train)
    assert [o.kind for o in record.rows(Optimizer)] == ["backward"]
    assert [s.loss for s in record.rows(Step)] == pytest.approx(losses[3:])  # known at the fourth call


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_a_compiled_step() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))
    optimizer = torch.optim.SGD(net.parameters(), 0.01)
    torch._dynamo.reset()
    step = torch.compile(optimizer.step, backend="eager")
    before = [p.detach().clone() for p in net.parameters()]
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0):
        for _ in range(5):
            optimizer.zero_grad()
            net(torch.randn(8, 4)).square().mean().backward()
            step()
    assert not any(torch.equal(p, b) for p, b in zip(net.parameters(), before, strict=True))


def test_a_folder_of_the_users_own_is_not_hidden_from_git(tmp_path: Path) -> None:
    net = nn.Linear(4, 1)
    with rectifier.watch(folder=tmp_path / "runs"):
        steps(net, net.parameters())
    assert not list(tmp_path.rglob(".gitignore"))


def test_variables_are_not_kept_alive() -> None:
    class Big:
        pass

    alive = []

    def train() -> None:
        net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))
        big = Big()
        reference = weakref.ref(big)
        steps(net, net.parameters())
        del big
        alive.append(reference() is not None)

    watched(train)
    assert alive == [False]


@pytest.mark.parametrize("loss", ["binary_cross_entropy_with_logits", "mse_loss", "cross_entropy"])
def test_targets_that_are_all_the_same_are_no_measure(loss: str) -> None:
    """As in ranking, where the better one of each pair is always the first."""
    net = nn.Linear(4, 3)

    def train(same: bool) -> list[float | None]:
        def forward(x: Tensor) -> Tensor:
            shape = (32,) if loss == "cross_entropy" else (32, 3)
            target = torch.ones(shape) if same else torch.randint(2, shape).float()
            given = target.long() if loss == "cross_entropy" else target * (1.1 if loss == "mse_loss" else 1)
            return getattr(F, loss)(net(x), given).sqrt()  # type: ignore[no-any-return]

        return [row.trivial for row in watched(lambda: steps(forward, net.parameters())).rows(Criterion)]

    assert all(trivial is None for trivial in train(same=True))
    assert all(trivial is not None and trivial > 0.1 for trivial in train(same=False))


@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss], ids=["mse_loss", "l1_loss"])
def test_a_distance_may_be_given_the_target_first(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    net = nn.Sequential(OrderedDict(first=nn.Linear(4, 6), relu=nn.ReLU(), last=nn.Linear(6, 3)))

    def train(exchanged: bool) -> set[tuple[float | None, str | None]]:
        def forward(x: Tensor) -> Tensor:
            target = 5 * torch.arange(96.0).reshape(32, 3)
            return loss(target, net(x)) if exchanged else loss(net(x), target)

        return {(row.trivial, row.layer) for row in watched(lambda: steps(forward, net.parameters())).rows(Criterion)}

    assert train(exchanged=True) == train(exchanged=False)
    assert {layer for _, layer in train(exchanged=True)} == {"last"}


@pytest.mark.parametrize("loss", ["cross_entropy", "log_softmax", "module", "flat"])
def test_the_layer_that_feeds_the_loss(loss: str) -> None:
    """Its weight is the embedding's as well, by whose name it is known."""
    embedding, head = nn.Embedding(7, 4), nn.Linear(4, 7, bias=False)
    head.weight = embedding.weight
    net = nn.Sequential(OrderedDict(embedding=embedding, norm=nn.LayerNorm(4), head=head))
    criterion = nn.CrossEntropyLoss()

    def forward(x: Tensor) -> Tensor:
        letters = torch.randint(7, (8, 5))
        out = net(letters)
        if loss == "flat":
            return F.cross_entropy(out.flatten(0, 1), letters.flatten())
        out = out[:, 0]
        if loss == "log_softmax":
            return F.nll_loss(F.log_softmax(out, -1), letters[:, 0])
        return (criterion if loss == "module" else F.cross_entropy)(out, letters[:, 0])

    record = watched(lambda: steps(forward, net.parameters()))
    names = {p.parameter: p.name for p in record.rows(Parameter)}
    found = {(row.layer, names.get(row.weight if row.weight is not None else -1)) for row in record.rows(Criterion)}
    assert found == {("head", "embedding.weight")}


def test_one_shared_module_behind_two_layers_is_two_sites() -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.c = nn.Linear(4, 6), nn.Linear(6, 5), nn.Linear(5, 1)
            self.relu = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.c(self.relu(self.b(self.relu(self.a(x)))))  # type: ignore[no-any-return]

    net = Shared()
    sites = watched(lambda: steps(net, net.parameters())).rows(Site)
    assert [(s.layer, s.units, s.position) for s in sites] == [("a", 6, 0), ("b", 5, 1)]


def test_copied_layers_have_names() -> None:
    block = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    net = nn.Sequential(*[copy.deepcopy(block) for _ in range(3)])
    sites = watched(lambda: steps(net, net.parameters())).rows(Site)
    assert [s.layer for s in sites] == ["0.0", "1.0", "2.0"]


def test_separate_layers_and_functions_between_them() -> None:
    first, second = nn.Linear(4, 6), nn.Linear(6, 1)

    def model(x: Tensor) -> Tensor:
        return second(F.relu(first(x)))  # type: ignore[no-any-return]

    sites = watched(lambda: steps(model, [*first.parameters(), *second.parameters()])).rows(Site)
    assert [(s.layer, s.units) for s in sites] == [("first", 6)]


def test_plain_tensors_without_an_optimizer(monkeypatch: pytest.MonkeyPatch) -> None:
    def train() -> None:
        w1, w2 = torch.randn(4, 6, requires_grad=True), torch.randn(6, 1, requires_grad=True)
        for _ in range(6):
            (torch.relu(torch.randn(32, 4) @ w1) @ w2).square().mean().backward()
            with torch.no_grad():
                for w in (w1, w2):
                    if w.grad is not None:  # no assert: pytest makes it ask for `locals()`, and then nobody else does
                        w -= 0.01 * w.grad
                    w.grad = None

    monkeypatch.setattr(Steppers, "an_optimizer_exists", lambda self: False)  # those of other tests are none here
    record = watched(train)
    assert [(s.layer, s.units) for s in record.rows(Site)] == [("w1", 6)]
    assert [p.name for p in record.rows(Parameter)] == ["w1", "w2"]
    assert len(record.rows(Step)) == 6


def test_evaluation_and_passes_without_backward_do_not_count() -> None:
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))

    def train() -> None:
        optimizer = torch.optim.SGD(net.parameters(), 0.01)
        for _ in range(3):
            with torch.no_grad():
                net(torch.randn(1000, 4))
            net(torch.randn(500, 4))  # a pass that no backward pass follows
            optimizer.zero_grad()
            net(torch.randn(10, 4)).mean().backward()
            optimizer.step()

    assert [a.seen for a in watched(train).rows(Activity)] == [10, 10, 10]


def test_inference_with_gradients_is_not_followed_for_ever() -> None:
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))

    def train() -> None:
        optimizer = torch.optim.SGD(net.parameters(), 0.01)
        for _ in range(WEARY + 10):
            net(torch.randn(2, 4))  # nobody calls backward
        assert torch._C._len_torch_function_stack() == 0
        for _ in range(3):
            optimizer.zero_grad()
            net(torch.randn(10, 4)).mean().backward()
            optimizer.step()

    record = watched(train)
    assert len(record.rows(Step)) == 3
    assert [a.seen for a in record.rows(Activity)] == [10, 10]  # all but the step before which it gave up


def test_accumulated_gradients_are_one_step_with_all_samples() -> None:
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))

    def train() -> None:
        optimizer = torch.optim.SGD(net.parameters(), 0.01)
        for _ in range(3):
            for _ in range(4):
                net(torch.randn(10, 4)).mean().backward()
            optimizer.step()
            optimizer.zero_grad()

    record = watched(train)
    assert [s.step for s in record.rows(Step)] == [0, 1, 2]
    assert [a.seen for a in record.rows(Activity)] == [40, 40, 40]


def test_the_loss_is_the_users_own_number() -> None:
    net = nn.Linear(4, 1)
    seen: list[float] = []

    def train() -> None:
        optimizer = torch.optim.SGD(net.parameters(), 0.01)
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        for _ in range(4):
            loss = net(torch.randn(16, 4)).square().mean()
            seen.append(loss.item())
            optimizer.zero_grad()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()

    assert [s.loss for s in watched(train).rows(Step)] == pytest.approx(seen)


def test_torch_is_left_as_it_was() -> None:
    before = (torch.Tensor.backward, torch.autograd.backward, torch.compile, torch.amp.GradScaler.scale)
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))
    watched(lambda: steps(net, net.parameters()))
    assert (torch.Tensor.backward, torch.autograd.backward, torch.compile, torch.amp.GradScaler.scale) == before
    assert torch._C._len_torch_function_stack() == 0
    assert not torch.nn.modules.module._global_forward_pre_hooks
    assert not optimizer._global_optimizer_post_hooks


def test_a_part_that_fails_is_named_and_training_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from rectifier.watcher.probes import probes

    def fail(*arguments: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(dict(probes())["activity"], "after", fail)
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))
    with rectifier.watch(folder=tempfile.mkdtemp()) as w:
        steps(net, net.parameters())
    report = w.diagnosis()
    assert report.run.steps == 5
    assert [n for n in report.not_judged if "broken on purpose" in n.because]
