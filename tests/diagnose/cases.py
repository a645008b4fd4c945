"""The smallest sick case of every rule and its near-miss healthy case. Every rule is run on every case.

A case trains inside `rectifier.watch()` and says what is true of it: the rules that must find something graver
than information, the one that must come first, and the layers they must name. What is true was set up by hand
(a bias of -50 kills every unit) and, where it comes about by training, is measured by the case itself on its whole
training set, without Rectifier.
"""

import itertools
import math
import statistics
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

import rectifier
from rectifier.report.model import Report


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What must be said of a case."""

    first: str | None = None  #: rule of the first finding; None: healthy
    also: frozenset[str] = frozenset()  #: rules that may follow
    layers: dict[str, set[str]] = field(default_factory=dict)  #: per rule that must be found, the layers it must name
    noted: frozenset[str] = frozenset()  #: rules that must give information
    hidden: bool = False  #: part of it cannot be watched (the gates of a GRU), which must be said


Case = tuple[Truth, Callable[[], Report]]
CASES: dict[str, Case] = {}


def case(truth: Truth) -> Callable[[Callable[[], Report]], Callable[[], Report]]:
    def enter(train: Callable[[], Report]) -> Callable[[], Report]:
        CASES[train.__name__] = (truth, train)
        return train

    return enter


def blobs(samples: int = 600, features: int = 8, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Three well separated classes."""
    g = torch.Generator().manual_seed(seed)
    centres = torch.randn(3, features, generator=g) * 3
    y = torch.randint(3, (samples,), generator=g)
    return centres[y] + torch.randn(samples, features, generator=g), y


def mlp(*widths: int, activation: type[nn.Module] = nn.ReLU, std: float | None = None) -> nn.Sequential:
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths[:-1]):
        layers += [nn.Linear(inputs, outputs), activation()]
    net = nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))
    if std is not None:
        for layer in net:
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=std)
    return net


def linear(net: nn.Sequential, index: int) -> nn.Linear:
    layer = net[index]
    assert isinstance(layer, nn.Linear)
    return layer


def train(
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    steps: int = 150,
    size: int = 64,
    scale: float = 1.0,
    shuffled: bool = False,
    schedule: Callable[[int], float] | None = None,
    loss_fn: Callable[[Tensor, Tensor], Tensor] = functional.cross_entropy,
) -> Report:
    x, y = blobs()
    if shuffled:
        y = y[torch.randperm(len(y))]
    rates = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule or (lambda step: 1.0))
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for _ in range(steps):
            batch = torch.randint(len(x), (size,))
            optimizer.zero_grad()
            loss_fn(net(scale * x[batch]), y[batch]).backward()
            optimizer.step()
            rates.step()
    return w.diagnosis()


def dead_share(net: nn.Sequential, layer: int) -> float:
    """Independent of the watcher: share of units that no training sample makes positive."""
    with torch.no_grad():
        return float((net[: layer + 1](blobs()[0]) <= 0).all(0).float().mean())


@case(Truth())
def healthy() -> Report:
    net = mlp(8, 32, 32, 3)
    return train(net, torch.optim.SGD(net.parameters(), 0.1))


@case(Truth())
def healthy_converged_to_nothing_left_to_learn() -> Report:
    net = mlp(8, 32, 32, 32, 32, 3)
    return train(net, torch.optim.Adam(net.parameters(), 3e-3), steps=400)


STUCK = frozenset({"loss-plateau"})  # follows from most illnesses


@case(Truth(first="dying-relu", also=STUCK, layers={"dying-relu": {"2"}}))
def killed_by_a_bias_that_an_update_pushes_down() -> Report:
    net = mlp(8, 32, 32, 3)
    weights = [p for p in net.parameters() if p is not linear(net, 2).bias]
    optimizer = torch.optim.SGD([{"params": weights, "lr": 1e-3}, {"params": [linear(net, 2).bias], "lr": 1e-3}])
    x, y = blobs()
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for step in range(150):
            batch = torch.randint(len(x), (64,))
            optimizer.zero_grad()
            functional.cross_entropy(net(x[batch]), y[batch]).backward()
            optimizer.step()
            if step == 60:
                with torch.no_grad():
                    linear(net, 2).bias.sub_(100.0)
    assert dead_share(net, 2) == 1.0
    assert dead_share(net, 0) < 0.2
    return w.diagnosis()


@case(Truth(noted=frozenset({"sparse-activations"})))
def sparse_but_alive() -> Report:
    """Each unit fires for few samples, so that over 90% of all outputs are zero; none is dead."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 3))
    x, y = blobs()
    with torch.no_grad():
        linear(net, 0).bias.copy_(-(x @ linear(net, 0).weight.T).quantile(0.93, dim=0))
    linear(net, 0).bias.requires_grad_(False)
    optimizer = torch.optim.SGD([linear(net, 2).weight, linear(net, 2).bias, linear(net, 0).weight], 0.02)
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for _ in range(150):
            batch = torch.randint(len(x), (64,))
            optimizer.zero_grad()
            functional.cross_entropy(net(x[batch]), y[batch]).backward()
            optimizer.step()
    with torch.no_grad():
        outputs = net[1](net[0](x))
    assert (outputs == 0).float().mean() > 0.8
    assert (outputs <= 0).all(0).float().mean() == 0
    return w.diagnosis()


@case(Truth(first="born-dead-relu", also=STUCK, layers={"born-dead-relu": {"2"}}))
def born_dead() -> Report:
    net = mlp(8, 32, 32, 3)
    nn.init.constant_(linear(net, 2).bias, -50.0)
    report = train(net, torch.optim.SGD(net.parameters(), 0.05))
    assert dead_share(net, 2) == 1.0
    return report


@case(Truth(first="born-dead-relu", layers={"born-dead-relu": {"2"}}))
def born_dead_and_seen_for_two_hundred_samples_only() -> Report:
    """Too few to tell of a single unit; not of a whole layer."""
    net = mlp(8, 32, 32, 3)
    nn.init.constant_(linear(net, 2).bias, -50.0)
    report = train(net, torch.optim.SGD(net.parameters(), 0.05), steps=25, size=8)
    assert dead_share(net, 2) == 1.0
    return report


@case(Truth())
def born_in_front_of_a_zero_initialised_branch() -> Report:
    """A residual branch that starts at zero on purpose: the ReLU behind it sees the skip path, and all is well."""

    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 32))
            nn.init.zeros_(linear(self.inner, 2).weight)
            nn.init.zeros_(linear(self.inner, 2).bias)

        def forward(self, x: Tensor) -> Tensor:
            return functional.relu(x + self.inner(x))

    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 32), Residual(), Residual(), nn.Linear(32, 3))
    return train(net, torch.optim.SGD(net.parameters(), 0.05))


@case(Truth(first="vanishing-gradient", also=STUCK, layers={"vanishing-gradient": {"0"}}))
def ten_sigmoid_layers() -> Report:
    net = mlp(8, *[32] * 10, 3, activation=nn.Sigmoid)
    return train(net, torch.optim.SGD(net.parameters(), 0.1))


@case(Truth())
def three_sigmoid_layers() -> Report:
    net = mlp(8, 32, 32, 32, 3, activation=nn.Sigmoid)
    return train(net, torch.optim.Adam(net.parameters(), 1e-2), steps=300)


@case(
    Truth(
        first="poor-initialization",
        also=frozenset({"exploding-gradient", "learning-rate-too-high", "dying-relu"}),
        layers={"exploding-gradient": {"0", "14"}},
    )
)
def weights_far_too_large() -> Report:
    net = mlp(8, *[128] * 8, 3, std=0.5)
    return train(net, torch.optim.Adam(net.parameters(), 1e-4), steps=60)


@case(
    Truth(
        first="poor-initialization",
        also=frozenset({"exploding-gradient", "non-finite", "learning-rate-too-high"}),
        layers={"poor-initialization": {"0", "10"}},
    )
)
def weights_that_explode_at_the_second_step() -> Report:
    """Five times the scale of He: all that can be told of the first weights is in one look, taken as they exploded."""
    net = mlp(8, *[64] * 6, 3, std=5 * (2 / 64) ** 0.5)
    report = train(net, torch.optim.SGD(net.parameters(), 0.1), steps=60)
    assert not torch.isfinite(linear(net, 2).weight).all()
    (found,) = (f for f in report.findings if f.rule == "poor-initialization")
    assert 4 < found.evidence["weights_over_ideal"] < 6
    return report


@case(
    Truth(
        first="learning-rate-too-high",
        also=frozenset({"exploding-gradient", "dying-relu"}),
    )
)
def a_warm_up_without_end() -> Report:
    """The rate goes on rising after it has served, and what was learned by then is lost again. No update stands out:
    the gradient is clipped, and normalisation lets the weights grow."""
    torch.manual_seed(0)
    blocks = [[nn.Linear(width, 64), nn.LayerNorm(64), nn.GELU()] for width in (8, 64)]
    net = nn.Sequential(*itertools.chain(*blocks), nn.Linear(64, 1))
    losses: list[float] = []

    def noisy(z: Tensor, y: Tensor) -> Tensor:
        loss = functional.mse_loss(z[:, 0], y - 1 + 0.3 * torch.randn(len(y)))
        losses.append(loss.item())
        return loss

    class Clipped(torch.optim.SGD):
        def step(self, closure=None):  # type: ignore[no-untyped-def]  # as in torch
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            return super().step(closure)

    optimizer = Clipped(net.parameters(), 0.2, momentum=0.9)
    report = train(net, optimizer, steps=600, schedule=lambda step: (step + 1) / 30, loss_fn=noisy)
    assert statistics.fmean(losses[60:120]) < 0.5 < 1.0 < statistics.fmean(losses[-60:])
    return report


@case(Truth(first="loss-plateau"))
def labels_that_fit_no_input_under_rmsprop() -> Report:
    """RMSprop's first step is ten times its later ones by construction: that alone makes no rate too high."""
    net = mlp(8, 32, 32, 3)
    return train(
        net, torch.optim.RMSprop(net.parameters(), 2e-3), steps=400,
        loss_fn=lambda z, y: functional.cross_entropy(z, torch.randint(3, y.shape)),
    )  # fmt: skip


class Rounded(nn.Module):
    """A code of whole numbers: rounding has no slope."""

    def forward(self, x: Tensor) -> Tensor:
        return x.round()


@case(Truth(first="no-gradient", layers={"no-gradient": {"0", "2"}}))
def an_encoder_behind_a_rounding() -> Report:
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(8, 32), nn.SiLU(), nn.Linear(32, 8), Rounded(), nn.Linear(8, 64), nn.SiLU(), nn.Linear(64, 3)
    )
    before = linear(net, 0).weight.detach().clone()
    report = train(net, torch.optim.Adam(net.parameters(), 0.01), scale=2.0)
    assert torch.equal(before, linear(net, 0).weight)
    return report


@case(Truth())
def weights_a_little_large_with_clipping() -> Report:
    net = mlp(8, 64, 64, 64, 64, 3, std=0.2)

    class Clipped(torch.optim.SGD):
        def step(self, closure=None):  # type: ignore[no-untyped-def]  # as in torch
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            return super().step(closure)

    return train(net, Clipped(net.parameters(), 0.02), steps=300)


def log_of_softmax(logits: Tensor, target: Tensor) -> Tensor:
    return functional.nll_loss(torch.log(torch.softmax(logits, 1)), target)


@case(
    Truth(
        first="non-finite",
        also=frozenset({"exploding-gradient", "learning-rate-too-high", "dying-relu", "loss-plateau"}),
    )
)
def log_of_a_softmax_that_underflows() -> Report:
    net = mlp(8, 32, 32, 3)
    return train(net, torch.optim.SGD(net.parameters(), 1e-3), scale=1000.0, loss_fn=log_of_softmax)


@case(Truth(first="non-finite"))
def a_number_is_missing_from_the_data() -> Report:
    """Adagrad's first steps are large by construction, and nothing has grown: the rate has no part in it."""
    net = mlp(8, 32, 32, 3)
    optimizer = torch.optim.Adagrad(net.parameters(), 0.05)
    x, y = blobs()
    x[100, 3] = torch.nan
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for step in range(60):
            batch = torch.arange(10 * step, 10 * step + 10)
            optimizer.zero_grad()
            functional.cross_entropy(net(x[batch]), y[batch]).backward()
            optimizer.step()
    assert bool(torch.isnan(linear(net, 0).weight).any())
    return w.diagnosis()


@case(Truth())
def one_batch_of_outliers_that_is_got_over() -> Report:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 3))
    optimizer = torch.optim.SGD(net.parameters(), 0.02)
    x, y = blobs()
    x, y = x / 3, torch.where(torch.rand(len(y)) < 0.2, (y + 1) % 3, y)
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for step in range(400):
            batch = torch.randint(len(x), (64,))
            optimizer.zero_grad()
            functional.cross_entropy(net(x[batch] * (1000 if step == 100 else 1)), y[batch]).backward()
            optimizer.step()
    net.eval()
    with torch.no_grad():
        assert (net(x).argmax(1) == y).float().mean() > 0.75  # of the 80% that there are
    return w.diagnosis()


@case(Truth(first="exploding-gradient", also=frozenset({"non-finite"})))
def one_batch_of_outliers_that_throws_it() -> Report:
    """Hardly any step is looked at, and the one that matters may not be: the loss tells."""
    net = mlp(8, 32, 32, 32, 3)
    optimizer = torch.optim.SGD(net.parameters(), 0.05)
    x, y = blobs()
    x, y = x / 3, torch.where(torch.rand(len(y)) < 0.2, (y + 1) % 3, y)
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=0.0) as w:
        for step in range(300):
            batch = torch.randint(len(x), (64,))
            optimizer.zero_grad()
            functional.cross_entropy(net(x[batch] * (1e4 if step == 117 else 1)), y[batch]).backward()
            optimizer.step()
    assert bool(torch.isnan(linear(net, 0).weight).any())
    return w.diagnosis()


@case(Truth())
def a_gradient_scaler_skips_steps() -> Report:
    """Overflowing scaled gradients are the scaler's way of finding its scale."""
    net = mlp(8, 32, 32, 3)
    optimizer = torch.optim.SGD(net.parameters(), 0.01)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
    x, y = blobs()
    skipped = 0
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for _ in range(200):
            batch = torch.randint(len(x), (64,))
            optimizer.zero_grad()
            scaler.scale(10 * functional.cross_entropy(net(x[batch]), y[batch])).backward()
            before = scaler.get_scale()
            scaler.step(optimizer)
            scaler.update()
            skipped += scaler.get_scale() < before
    assert skipped
    return w.diagnosis()


@case(
    Truth(
        first="learning-rate-too-high",
        also=frozenset({"dying-relu", "exploding-gradient", "loss-plateau"}),
        layers={"dying-relu": {"2"}},
    )
)
def killed_by_the_learning_rate() -> Report:
    net = mlp(8, 32, 32, 3)
    report = train(net, torch.optim.SGD(net.parameters(), 1.0, momentum=0.9))
    assert dead_share(net, 2) > 0.9
    return report


@case(Truth(first="learning-rate-too-high", also=frozenset({"exploding-gradient"}), hidden=True))
def a_rate_that_replaced_the_first_weights() -> Report:
    """The first update of Adam is seven times as large as the weights of the GRU. It begins anew from what that has
    left, with weights against which further updates look usual."""

    def learned(rate: float, budget: float) -> tuple[float, Report]:
        torch.manual_seed(0)
        text = torch.randint(20, (200,), generator=torch.Generator().manual_seed(1))
        net = nn.ModuleDict({"embed": nn.Embedding(20, 16), "gru": nn.GRU(16, 64), "head": nn.Linear(64, 20)})
        optimizer = torch.optim.Adam(net.parameters(), rate)
        losses = []
        with rectifier.watch(folder=tempfile.mkdtemp(), budget=budget) as w:
            for _ in range(200):
                x = text[torch.randint(len(text) - 25, (16,)) + torch.arange(25)[:, None]]
                optimizer.zero_grad()
                z = net["head"](net["gru"](net["embed"](x[:-1]))[0])
                loss = functional.cross_entropy(z.flatten(0, 1), x[1:].flatten())
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        return statistics.fmean(losses[-20:]), w.diagnosis()

    lower, _ = learned(0.02, budget=0.01)
    high, report = learned(0.5, budget=1.0)
    assert high > 5 * lower
    return report


@case(Truth())
def a_high_rate_that_works() -> Report:
    net = mlp(8, 32, 32, 3)
    return train(net, torch.optim.SGD(net.parameters(), 0.5))


@case(Truth(first="dying-relu", also=STUCK, layers={"dying-relu": {"0", "2"}}))
def the_second_of_two_trainings_dies() -> Report:
    """Two trainings in one process, each with a network and an optimizer of its own; only the second one is ill."""
    x, y = blobs()
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for rate, death in ((0.05, 0.0), (0.05, 100.0)):
            net = mlp(8, 32, 32, 3)
            optimizer = torch.optim.SGD(net.parameters(), rate)
            for step in range(100):
                batch = torch.randint(len(x), (64,))
                optimizer.zero_grad()
                functional.cross_entropy(net(x[batch]), y[batch]).backward()
                optimizer.step()
                if step == 30:
                    with torch.no_grad():
                        linear(net, 0).bias.sub_(death)
                        linear(net, 2).bias.sub_(death)
            assert dead_share(net, 2) == (1.0 if death else dead_share(net, 2))
            assert death or dead_share(net, 2) < 0.3
    return w.diagnosis()


@case(Truth())
def two_networks_that_play_against_each_other() -> Report:
    torch.manual_seed(0)
    g, d = mlp(4, 32, 32, 2), mlp(2, 32, 32, 1)
    of_g, of_d = torch.optim.Adam(g.parameters(), 1e-3), torch.optim.Adam(d.parameters(), 1e-3)
    bce = functional.binary_cross_entropy_with_logits
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for _ in range(150):
            real, fake = torch.randn(64, 2) + 2, g(torch.randn(64, 4))
            of_d.zero_grad()
            (bce(d(real), torch.ones(64, 1)) + bce(d(fake.detach()), torch.zeros(64, 1))).backward()
            of_d.step()
            of_g.zero_grad()
            bce(d(fake), torch.ones(64, 1)).backward()
            of_g.step()
    return w.diagnosis()


@case(
    Truth(
        first="poor-initialization",
        also=frozenset({"vanishing-gradient", "loss-plateau", "born-dead-relu"}),
        layers={"poor-initialization": {"0", "10"}},
    )
)
def torchs_own_scale_in_a_deep_network() -> Report:
    """PyTorch's default for linear layers multiplies the signal of a ReLU network by 0.41 per layer."""
    net = mlp(8, *[64] * 14, 3)
    report = train(net, torch.optim.SGD(net.parameters(), 0.01))
    with torch.no_grad():
        spreads = [net[: k + 1](blobs()[0]).std(0).norm() for k in (0, 26)]
    assert spreads[1] < 1e-3 * spreads[0]
    return report


@case(Truth(first="no-gradient", also=STUCK, layers={"no-gradient": {"0"}}))
def a_frozen_layer_that_holds_everything_back() -> Report:
    """Whether the first three of twelve bits are odd in number: four random units see little of that."""
    x = (torch.arange(4096)[:, None] >> torch.arange(12) & 1).float()
    y = (x[:, :3].sum(1) % 2).long()

    def learned(*, frozen: bool, budget: float) -> tuple[float, Report]:
        net = mlp(12, 4, 32, 2)
        linear(net, 0).requires_grad_(not frozen)
        optimizer = torch.optim.Adam(net.parameters(), 1e-2)
        with rectifier.watch(folder=tempfile.mkdtemp(), budget=budget) as w:
            for _ in range(400):
                batch = torch.randint(len(x), (64,))
                optimizer.zero_grad()
                functional.cross_entropy(net(x[batch]), y[batch]).backward()
                optimizer.step()
        with torch.no_grad():
            return float((net(x).argmax(1) == y).float().mean()), w.diagnosis()

    assert learned(frozen=False, budget=0.01)[0] > 0.95
    right, report = learned(frozen=True, budget=1.0)
    assert right < 0.75
    return report


@case(Truth(noted=frozenset({"no-gradient"})))
def a_frozen_layer_that_the_optimizer_holds() -> Report:
    """Meant or forgotten: nobody can tell from outside."""
    net = mlp(8, 32, 32, 3)
    linear(net, 0).requires_grad_(False)
    return train(net, torch.optim.SGD(net.parameters(), 0.1))


@case(Truth())
def a_layer_that_thaws_late() -> Report:
    net = mlp(8, 32, 32, 3)
    linear(net, 0).requires_grad_(False)
    calls = itertools.count()

    def thawing(z: Tensor, y: Tensor) -> Tensor:
        if next(calls) == 140:
            linear(net, 0).requires_grad_(True)
        return functional.cross_entropy(z, y)

    return train(net, torch.optim.SGD(net.parameters(), 0.1), loss_fn=thawing)


@case(
    Truth(
        first="poor-initialization",
        also=frozenset({"learning-rate-too-low", "loss-plateau"}),
        layers={"poor-initialization": {"embedding", "head"}},
    )
)
def an_output_tied_to_an_embedding_of_unit_scale() -> Report:
    """Every letter predicts itself, with a logit of about 128."""
    torch.manual_seed(0)
    embedding, head = nn.Embedding(16, 128), nn.Linear(128, 16, bias=False)
    head.weight = embedding.weight
    nn.init.normal_(embedding.weight)
    net = nn.Sequential(OrderedDict(embedding=embedding, norm=nn.LayerNorm(128), head=head))
    letters, follower = torch.randint(16, (640,)), torch.randperm(16)
    optimizer = torch.optim.Adam(net.parameters(), 5e-4)
    losses = []
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for step in range(100):
            batch = letters[step % 10 * 64 :][:64]
            loss = functional.cross_entropy(net(batch), follower[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[0] > 10 * math.log(16)
    assert losses[-1] > 2 * math.log(16)
    return w.diagnosis()


@case(Truth(first="poor-initialization", also=STUCK, layers={"poor-initialization": {"2"}}))
def units_that_are_all_alike() -> Report:
    net = mlp(8, 32, 32, 3)
    for layer in net:
        if isinstance(layer, nn.Linear):
            nn.init.constant_(layer.weight, 0.05)
            nn.init.zeros_(layer.bias)
    report = train(net, torch.optim.SGD(net.parameters(), 0.05))
    assert torch.equal(linear(net, 2).weight[0], linear(net, 2).weight[1])
    return report


@case(Truth())
def an_output_layer_that_begins_at_zero() -> Report:
    net = mlp(8, 32, 32, 3)
    nn.init.zeros_(linear(net, 4).weight)
    nn.init.zeros_(linear(net, 4).bias)
    return train(net, torch.optim.SGD(net.parameters(), 0.1))


@case(Truth())
def six_layers_with_his_scale() -> Report:
    net = mlp(8, *[64] * 6, 3)
    for layer in net:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
    return train(net, torch.optim.SGD(net.parameters(), 0.02))


@case(Truth(first="saturated-activation", also=STUCK, layers={"saturated-activation": {"2"}}))
def tanh_far_beyond_its_bend() -> Report:
    net = mlp(8, 32, 32, 3, activation=nn.Tanh)
    nn.init.normal_(linear(net, 2).weight, std=20.0)
    nn.init.zeros_(linear(net, 4).weight)
    report = train(net, torch.optim.SGD(net.parameters(), 1e-4))
    with torch.no_grad():
        y = net[:4](blobs()[0])
    assert ((1 - y.square() < 0.01).float().mean(0) > 0.9).float().mean() > 0.9
    return report


@case(Truth())
def tanh_that_is_confident_in_the_end() -> Report:
    net = mlp(8, 16, 16, 3, activation=nn.Tanh)
    return train(net, torch.optim.Adam(net.parameters(), 0.03), steps=400)


def adversaries(real: Callable[[int], Tensor], steps: int = 500, steep: float = 1.0) -> tuple[Tensor, Report]:
    """A generator that ends in tanh and a critic, who take turns; what the generator gives in the end."""
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(4, 32), nn.LeakyReLU(0.2), nn.Linear(32, 4), nn.Tanh())
    critic = nn.Sequential(nn.Linear(4, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    with torch.no_grad():
        linear(generator, 2).weight.mul_(steep)
    inventing = torch.optim.Adam(generator.parameters(), 2e-3, betas=(0.5, 0.999))
    judging = torch.optim.Adam(critic.parameters(), 2e-3, betas=(0.5, 0.999))
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for _ in range(steps):
            made = generator(torch.randn(64, 4))
            judging.zero_grad()
            (functional.softplus(-critic(real(64))) + functional.softplus(critic(made.detach()))).mean().backward()
            judging.step()
            inventing.zero_grad()
            functional.softplus(-critic(made)).mean().backward()
            inventing.step()
    return generator(torch.randn(1000, 4)).detach(), w.diagnosis()


@case(Truth(first="saturated-activation", layers={"saturated-activation": {"2"}}))
def a_generator_that_cannot_reach_the_data() -> Report:
    made, report = adversaries(lambda n: 5 + torch.randn(n, 4) / 4)
    assert (made > 0.99).all()
    return report


@case(Truth(noted=frozenset({"saturated-activation"})))
def a_generator_of_black_and_white() -> Report:
    made, report = adversaries(lambda n: torch.randint(2, (n, 4)) * 2.0 - 1, steps=150, steep=1000.0)
    assert (made.abs() > 0.995).float().mean() > 0.95
    assert made.mean(0).abs().max() < 0.8
    return report


@case(Truth(first="loss-plateau"))
def targets_that_belong_to_other_samples() -> Report:
    net = mlp(8, 8, 3)
    return train(net, torch.optim.SGD(net.parameters(), 0.02), steps=300, shuffled=True)


def language_model(steps: int) -> Report:
    """Which letter follows two others says their sum, and nothing else does; one letter is the most frequent."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Embedding(8, 16), nn.Flatten(), nn.Linear(32, 64), nn.Tanh(), nn.Linear(64, 8))
    optimizer = torch.optim.SGD(net.parameters(), 0.3)
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for _ in range(steps):
            letters = torch.randint(8, (64, 2))
            following = letters.sum(1) % 8 * (torch.rand(64) < 0.7)
            optimizer.zero_grad()
            functional.cross_entropy(net(letters), following).backward()
            optimizer.step()
    return w.diagnosis()


@case(Truth())
def frequencies_come_first() -> Report:
    assert language_model(600).verdict == "healthy"
    return language_model(60)


@case(Truth())
def down_to_the_noise() -> Report:
    """Two thirds of what is predicted is noise: the loss is flat at its floor."""
    return noisy(lambda step: 1.0)


def noisy(schedule: Callable[[int], float]) -> Report:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 1))
    x = torch.randn(2000, 4)
    y = x[:, :1].abs() + 0.9 * torch.randn(2000, 1)
    optimizer = torch.optim.SGD(net.parameters(), 0.03)
    rates = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for _ in range(500):
            batch = torch.randint(len(x), (128,))
            optimizer.zero_grad()
            functional.mse_loss(net(x[batch]), y[batch]).backward()
            optimizer.step()
            rates.step()
    return w.diagnosis()


@case(Truth(first="learning-rate-too-low", also=STUCK))
def a_rate_a_thousand_times_too_low() -> Report:
    net = mlp(8, 32, 32, 3)
    before = torch.cat([p.detach().flatten() for p in net.parameters()])
    report = train(net, torch.optim.SGD(net.parameters(), 1e-5), steps=200)
    after = torch.cat([p.detach().flatten() for p in net.parameters()])
    assert (after - before).norm() < 0.01 * before.norm()
    return report


@case(Truth())
def warmed_up_from_zero_and_annealed_to_zero() -> Report:
    net = mlp(8, 32, 32, 3)
    course = lambda step: min(step / 100, (400 - step) / 300)  # noqa: E731
    return train(net, torch.optim.SGD(net.parameters(), 0.1), steps=400, schedule=course)


@case(Truth())
def widths_that_part_after_a_while() -> Report:
    """Of a mixture of densities: all begin alike, and Adam's first steps are as long for all. Its loss is negative, so
    that nobody can say how far it has come."""
    torch.manual_seed(0)
    centres = torch.tensor([-30.0, -10.0, 10.0, 30.0])[:, None]
    wide = 0.02 * torch.tensor([1.0, 2.0, 4.0, 8.0])
    log_width = nn.Parameter(torch.full((4, 1), -1.0))
    optimizer = torch.optim.Adam([log_width], lr=0.005)
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for _ in range(800):
            which = torch.randint(4, (512,))
            x = centres[which] + (wide[which] * torch.randn(512))[:, None]
            squares = ((x[:, None] - centres) / log_width.exp()).square().sum(-1)
            each = -0.5 * squares - log_width.sum(-1) - 0.92
            optimizer.zero_grad()
            (-each.logsumexp(dim=1).mean() - 2).backward()
            optimizer.step()
    assert float((log_width[3] - log_width[0]).detach()) > 1
    return w.diagnosis()


@case(Truth(first="learning-rate-too-low", also=STUCK))
def a_run_that_ends_in_its_warm_up() -> Report:
    """Counted in steps, meant in samples. By the end the updates are above a ten-thousandth."""
    net = mlp(8, 32, 32, 3)
    report = train(net, torch.optim.SGD(net.parameters(), 0.1), steps=200, schedule=lambda step: (step + 1) / 20_000)
    assert next(iter(report.findings)).evidence["update_ratio"] > 1e-4
    return report


@case(Truth())
def a_warm_up_as_long_as_the_run() -> Report:
    net = mlp(8, 32, 32, 3)
    return train(net, torch.optim.SGD(net.parameters(), 0.2), steps=200, schedule=lambda step: (step + 1) / 200)


@case(Truth(first="learning-rate-too-low", also=STUCK))
def a_schedule_that_steps_with_every_batch() -> Report:
    """It was meant to step once per epoch: after a few batches there is no rate left."""
    net = mlp(8, 32, 32, 3)
    return train(net, torch.optim.SGD(net.parameters(), 1e-3), steps=400, schedule=lambda step: 0.9**step)


@case(Truth(first="learning-rate-too-low", also=STUCK))
def a_schedule_that_returns_a_rate() -> Report:
    """And torch multiplies the rate of the optimizer with it. The updates are small, and not so small that they would
    tell by themselves: at the rate that was meant the loss is at a hundredth by then."""
    net, meant = mlp(8, 32, 32, 3), 5e-3
    report = train(net, torch.optim.Adam(net.parameters(), meant), steps=200, schedule=lambda step: meant)
    assert "returns a rate, where a factor is expected" in next(iter(report.findings)).explanation
    assert next(iter(report.findings)).evidence["path"] > 0.02
    return report


@case(Truth())
def a_schedule_that_returns_a_rate_for_an_optimizer_of_one() -> Report:
    net = mlp(8, 32, 32, 3)
    return train(net, torch.optim.Adam(net.parameters(), 1.0), schedule=lambda step: 5e-3)


@case(Truth())
def down_to_the_noise_before_the_rate_is_gone() -> Report:
    """The same schedule's shape, but what can be learned is learned before: far from zero, as most of it is noise."""
    return noisy(lambda step: 0.97**step)


def with_evaluation(samples: int, *, noise: float, steps: int) -> Report:
    torch.manual_seed(0)
    net = mlp(16, 128, 128, 3)
    x, y = blobs(samples + 300, 16, seed=1)
    x = x + noise * torch.randn_like(x)
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for step in range(steps):
            optimizer.zero_grad()
            functional.cross_entropy(net(x[:samples]), y[:samples]).backward()
            optimizer.step()
            if step % 10 == 9:
                with torch.no_grad():
                    functional.cross_entropy(net(x[samples:]), y[samples:])
    return w.diagnosis()


@case(Truth(first="overfitting"))
def forty_noisy_samples_by_heart() -> Report:
    return with_evaluation(40, noise=8.0, steps=300)


@case(Truth())
def enough_samples() -> Report:
    return with_evaluation(600, noise=1.0, steps=200)


class InAList(nn.Module):
    """Hidden layers in a plain list: not registered, so in no optimizer."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = [nn.Linear(8, 32), nn.Linear(32, 32)]
        self.out = nn.Linear(32, 3)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.hidden:
            x = functional.relu(layer(x))
        out: Tensor = self.out(x)
        return out


@case(Truth(first="no-gradient"))
def layers_in_a_plain_list() -> Report:
    torch.manual_seed(0)
    net = InAList()
    return train(net, torch.optim.SGD(net.parameters(), 0.05))


class Cut(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = nn.Linear(8, 32), nn.Linear(32, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(functional.relu(self.body(x)).detach())
        return out


@case(Truth(first="no-gradient", layers={"no-gradient": {"body"}}))
def a_graph_that_is_cut() -> Report:
    torch.manual_seed(0)
    net = Cut()
    return train(net, torch.optim.SGD(net.parameters(), 0.05))


@case(Truth(first="no-gradient", layers={"no-gradient": {"4"}}))
def a_layer_that_came_after_the_optimizer() -> Report:
    net = mlp(8, 32, 32, 3)
    optimizer = torch.optim.SGD(net.parameters(), 0.05)
    net[4] = nn.Linear(32, 3)
    return train(net, optimizer)


@case(Truth())
def a_head_on_a_frozen_body() -> Report:
    net = mlp(8, 128, 3)
    linear(net, 0).requires_grad_(False)
    return train(net, torch.optim.Adam([p for p in net.parameters() if p.requires_grad], 0.01))


@case(Truth(noted=frozenset({"no-gradient"})))
def a_head_on_a_body_that_is_left_out() -> Report:
    """The body gets gradients that nobody uses: a waste, but what learns is what was meant to."""
    net = mlp(8, 128, 3)
    return train(net, torch.optim.Adam(linear(net, 2).parameters(), 0.01))


def in_two_stages(second: float) -> tuple[nn.Sequential, Report]:
    """Two optimizers one after the other, the second one with the parameters of the first."""
    net = mlp(8, 32, 32, 3)
    x, y = blobs()
    with rectifier.watch(folder=tempfile.mkdtemp(), budget=1.0) as w:
        for rate in (0.05, second):
            optimizer = torch.optim.SGD(net.parameters(), rate, momentum=0.9)
            for _ in range(100):
                batch = torch.randint(len(x), (64,))
                optimizer.zero_grad()
                functional.cross_entropy(net(x[batch]), y[batch]).backward()
                optimizer.step()
    return net, w.diagnosis()


@case(
    Truth(
        first="learning-rate-too-high",
        also=frozenset({"dying-relu", "exploding-gradient", "loss-plateau"}),
        layers={"dying-relu": {"2"}},
    )
)
def a_second_stage_that_is_too_hot() -> Report:
    net, report = in_two_stages(3.0)
    assert dead_share(net, 2) > 0.9
    return report


@case(Truth())
def a_second_stage_with_a_lower_rate() -> Report:
    return in_two_stages(5e-3)[1]
