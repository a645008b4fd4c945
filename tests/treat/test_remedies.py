"""A remedy acts on a script as the change of code does that it stands for: the same numbers, to the last bit."""

import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from rectifier.diagnose.rules import rules
from rectifier.nn import init_for_
from rectifier.treat import remedies
from rectifier.treat.candidates import NOT_TRIED, fit
from rectifier.treat.code import Code
from rectifier.treat.inside.script import Script
from tests.treat.scripts import TRAINS, log, run, trial, use

ALL = sorted(remedies.menu())


@pytest.mark.parametrize("name", ALL)
def test_what_a_remedy_says_of_itself(name: str) -> None:
    remedy = remedies.get(name)
    assert remedy.documentation.splitlines()[0].endswith(".")
    variants = [*remedy.names.values(), *remedy.illnesses.values()]
    assert variants
    for parameters in (p for each in variants for p in each):
        made = remedy.use(**parameters)
        assert remedy.says(made).endswith(".")
        assert str(made) == remedy.label(**{**remedy.parameters, **parameters})
    for rule in remedy.illnesses:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule)
    with pytest.raises(TypeError, match="unknown parameter"):
        remedy.use(nonsense=1)


def test_every_illness_has_a_remedy() -> None:
    answered = {rule for remedy in remedies.menu().values() for rule in remedy.illnesses}
    assert set(rules()) <= answered | {"sparse-activations", "no-gradient"}


def test_an_unknown_remedy_is_named() -> None:
    with pytest.raises(remedies.UnknownRemedyError, match="did you mean 'learning-rate'"):
        remedies.get("learning-rte")


DEAD = "with torch.no_grad():\n    model.a[0].bias[:12] = -100\n"

EXACT: list[tuple[str, dict[str, Any]]] = [
    ("learning-rate", {"factor": 0.1}),
    ("clip-gradients", {"by": "norm", "limit": 0.5}),
    ("clip-gradients", {"by": "value", "limit": 0.01}),
    ("clip-gradients", {"by": "unit", "limit": 0.01}),
    ("revive", {"patience": 5}),
    ("weight-decay", {"value": 0.1}),
    ("activation", {"new": "elu"}),
    ("activation", {"new": "leaky_relu", "values": [0.2]}),
    ("optimizer", {}),
    ("standardize-input", {}),
]


@pytest.mark.parametrize(("name", "parameters"), EXACT, ids=[f"{n}-{'-'.join(map(str, p.values()))}" for n, p in EXACT])
def test_it_does_what_its_change_does(name: str, parameters: dict[str, Any], tmp_path: Path) -> None:
    code = Code(TRAINS.replace("optimizer = torch", DEAD + "optimizer = torch") if name == "revive" else TRAINS)
    script = code.text
    assert remedies.get(name).change(code, use(name, **parameters), steps=40)
    result = trial(script, tmp_path, use(name, **parameters))
    assert result.status == "finished", log(tmp_path)
    assert result.acted[name] > 0
    assert log(tmp_path) == run(code.text)
    assert log(tmp_path) != run(script)


@pytest.mark.parametrize("kind", ["warm-up", "step", "exponential", "cosine"])
def test_a_schedule_is_torchs(kind: str) -> None:
    """Its factors are those of the scheduler that its change makes."""
    import torch

    from rectifier.treat.remedies import schedule

    code = Code("import torch\noptimizer = torch.optim.SGD([w], lr=1.0)\n")
    assert remedies.get("schedule").change(code, use("schedule", kind=kind), steps=300)
    names: dict[str, Any] = {"w": torch.zeros(1, requires_grad=True)}
    exec(code.text, names)
    length = min(100, 300 // 10)
    for taken in range(300):
        rate = names["optimizer"].param_groups[0]["lr"]
        assert math.isclose(schedule.factor(kind, taken, length, 300), rate, rel_tol=1e-3, abs_tol=1e-9), taken
        names["optimizer"].step()


def test_a_schedule_leaves_the_scripts_own_scheduler_at_work(tmp_path: Path) -> None:
    script = TRAINS.replace(
        "for step in", "schedule = torch.optim.lr_scheduler.StepLR(optimizer, 10, 0.5)\nfor step in"
    ).replace(
        "    optimizer.step()\n", "    optimizer.step()\n    schedule.step()\n    print(schedule.get_last_lr())\n"
    )
    code = Code(script)
    assert remedies.get("schedule").change(code, use("schedule", kind="cosine"), steps=40)
    result = trial(script, tmp_path, use("schedule", kind="cosine"), horizon=40)
    assert result.status == "finished", log(tmp_path)
    assert re.findall(r"\[(.*)\]", log(tmp_path)) == re.findall(r"\[(.*)\]", run(script))  # it sees its own rates
    expected = run(code.text.replace("print(schedule.get_last_lr())", "pass"))
    assert _final(log(tmp_path)) == pytest.approx(_final(expected), rel=1e-4)


def _final(text: str) -> float:
    return float(text.rsplit("final", 1)[1])


def test_prelu_is_trained_by_the_optimizer_of_its_layer(tmp_path: Path) -> None:
    script = TRAINS.replace(
        'print("final"',
        'print("groups", [len(g["params"]) for g in optimizer.param_groups])\nprint('
        '"slopes", sorted(p.item() for p in optimizer.param_groups[0]["params"] if p.numel() == 1))\nprint("final"',
    )
    result = trial(script, tmp_path, use("activation", new="prelu"))
    assert result.status == "finished", log(tmp_path)
    assert result.sites[0].activation == "prelu"
    own = 10
    assert f"groups [{own + 4}]" in log(tmp_path)  # one for each of four places
    slopes = [float(v) for v in re.findall(r"-?[\d.]+(?:e-?\d+)?", log(tmp_path).split("slopes")[1].split("\n")[0])]
    assert len(slopes) == 5  # the last layer's bias is a single number too
    assert sum(abs(s - 0.25) > 1e-6 for s in slopes) == 5


def test_prelu_is_what_torch_trains(tmp_path: Path) -> None:
    """The same numbers as a network built with nn.PReLU."""
    script = """
import torch
from torch import nn
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
x = torch.randn(64, 4)
for step in range(30):
    model.zero_grad()
    loss = (model(x) - x.sum(1, keepdim=True)).square().mean()
    loss.backward()
    optimizer.step()
print("final", loss.item())
"""
    result = trial(script, tmp_path, use("activation", new="prelu"))
    assert result.status == "finished", log(tmp_path)
    assert _final(log(tmp_path)) == pytest.approx(_final(run(script.replace("nn.ReLU()", "nn.PReLU()"))), rel=1e-6)


def test_only_behind_some_layers(tmp_path: Path) -> None:
    result = trial(TRAINS, tmp_path, use("activation", new="tanh", layers=("a.0", "c")))
    assert [s.activation for s in result.sites] == ["tanh", "relu", "relu", "tanh"]
    assert [s.layer for s in result.sites] == ["a.0", "a.2", "b", "c"]


def test_the_losss_own_relu_stays(tmp_path: Path) -> None:
    script = TRAINS.replace(
        "F.mse_loss(model(x[batch]), y[batch])", "F.relu(1 - model(x[batch]) * torch.sign(y[batch] - 0.5)).mean()"
    ).replace(".relu()\noptimizer", ".clamp(min=0)\noptimizer")
    result = trial(script, tmp_path, use("activation", new="elu"))
    assert result.status == "finished", log(tmp_path)
    text = script.replace("nn.ReLU", "nn.ELU").replace("F.relu(self.b", "F.elu(self.b")
    text = text.replace("self.c(x).relu()", "F.elu(self.c(x))")
    assert log(tmp_path) == run(text)


def test_initialisation_comes_before_the_first_pass(tmp_path: Path) -> None:
    script = TRAINS.replace(
        "optimizer = torch", "for p in model.parameters():\n    nn.init.zeros_(p)\noptimizer = torch"
    ).replace("    loss.backward()\n", "    loss.backward()\n    if step == 0:\n        first = loss.item()\n")
    script += "print('first', first, 'norm', model.c.weight.norm().item())\n"
    untreated = trial(script, tmp_path)
    assert "norm 0.0" in log(tmp_path)
    for scheme in ("catalogue", "orthogonal"):
        result = trial(script, tmp_path, use("initialise", scheme=scheme))
        assert result.status == "finished", log(tmp_path)
        assert result.acted["initialise"] == 5
        assert result.first_loss != untreated.first_loss
        assert result.loss is not None
        assert untreated.loss is not None
        assert result.loss < 0.5 * untreated.loss


BARE = """
import torch
torch.manual_seed(0)
a = (10 * torch.randn(4, 16)).requires_grad_()
b, c = torch.ones(16, requires_grad=True), torch.zeros(16, 1, requires_grad=True)
x = torch.randn(64, 4)
optimizer = torch.optim.SGD([a, b, c], lr=0.01)
print("first", a.std().item(), c.std().item(), b.sum().item(), torch.rand(1).item())
for step in range(20):
    optimizer.zero_grad()
    (torch.relu(x @ a + b) @ c - 1).square().mean().backward()
    optimizer.step()
"""


def test_weights_of_no_module_are_initialised(tmp_path: Path) -> None:
    untreated = trial(BARE, tmp_path)
    before = [float(v) for v in log(tmp_path).split()[1:5]]
    made = fit(use("initialise", scheme="catalogue"), [untreated])
    assert made is not None
    assert str(made) == "he-initialization"
    assert trial(BARE, tmp_path, made).acted["initialise"] == 2
    after = [float(v) for v in log(tmp_path).split()[1:5]]
    assert after[0] == pytest.approx(math.sqrt(2 / 4), rel=0.25)
    assert after[1] == pytest.approx(math.sqrt(2 / 16), rel=0.5)
    assert after[2:] == before[2:]  # vectors, and the script's random numbers
    code = Code(BARE)
    assert remedies.get("initialise").change(code, made, steps=20)
    changed = [float(v) for v in run(code.text).split()[1:5]]
    assert changed[0] == pytest.approx(math.sqrt(2 / 4), rel=0.25)
    assert changed[2] == before[2]


def test_dead_units_are_revived(tmp_path: Path) -> None:
    script = TRAINS.replace(
        "optimizer = torch",
        "with torch.no_grad():\n    model.a[0].bias[:12] = -100\noptimizer = torch",
    ).replace("range(40)", "range(120)")
    script += "print('alive', int((F.relu(model.a[0](x)) > 0).any(0).sum()))\n"
    untreated = trial(script, tmp_path)
    before = int(log(tmp_path).split("alive")[1])
    assert before <= 4
    assert untreated.sites[0].dead >= 12
    result = trial(script, tmp_path, use("revive", patience=10))
    assert result.acted["revive"] >= 12
    assert int(log(tmp_path).split("alive")[1]) >= 12


def test_reviving_does_not_change_what_is_computed(tmp_path: Path) -> None:
    """Up to the step after a revival the losses are those of the untreated run."""
    script = TRAINS.replace(
        "optimizer = torch", "with torch.no_grad():\n    model.a[0].bias[:12] = -100\noptimizer = torch"
    ).replace("    optimizer.step()\n", "    optimizer.step()\n    print(step, loss.item())\n")
    trial(script, tmp_path)
    plain = log(tmp_path).splitlines()
    trial(script, tmp_path, use("revive", patience=10))
    revived = log(tmp_path).splitlines()
    assert plain[:12] == revived[:12]
    assert plain[-1] != revived[-1]


def test_inputs_are_standardised(tmp_path: Path) -> None:
    script = TRAINS.replace(
        "        x = F.relu(self.b", "        if len(x) == 256:\n            self.seen = x\n        x = F.relu(self.b"
    ).replace("x = torch.randn(256, 4)", "x = torch.randn(256, 4) * torch.tensor([1, 50, 100, 30.0]) + 40")
    script = script.replace("y = x.sum(1, keepdim=True).relu()", "y = torch.sign(x[:, :1] - 40)")
    script += "print('seen', *(v.item() for v in (*model.seen.mean(0), *model.seen.std(0))))\n"
    trial(script, tmp_path)
    assert float(log(tmp_path).split("seen")[1].split()[0]) > 30
    result = trial(script, tmp_path, use("standardize-input"))
    assert result.acted["standardize-input"] > 40
    values = [float(v) for v in log(tmp_path).split("seen")[1].split()]
    assert all(abs(v) < 0.3 for v in values[:4]), values
    assert all(0.7 < v < 1.3 for v in values[5:8]), values
    assert values[4] < 0.3, values  # it hardly varies beside the others, so it is scaled as they are


def test_clipping_by_unit() -> None:
    import torch

    from rectifier.nn import clip_grad_unit_

    p = torch.nn.Parameter(torch.ones(3, 4))
    p.grad = torch.tensor([[0.0] * 4, [1e-3] * 4, [100.0] * 4])
    clip_grad_unit_([p, torch.nn.Parameter(torch.ones(2))], 0.01)
    torch.testing.assert_close(p.grad.norm(dim=1), torch.tensor([0.0, 2e-3, 0.02]))
    with pytest.raises(ValueError, match="limit"):
        clip_grad_unit_(p, 0.0)


def test_early_stop_ends_before_it_gets_worse(tmp_path: Path) -> None:
    script = TRAINS.replace("range(40)", "range(400)").replace(
        "F.mse_loss(model(x), y).item())", "F.mse_loss(model(x) * (1 if step < 100 else step), y).item())"
    )
    result = trial(script, tmp_path, use("early-stop", patience=3))
    assert result.status == "finished"
    assert result.steps < 200
    assert result.acted["early-stop"] == 1
    assert "final" not in log(tmp_path)


def test_whatever_a_rule_recommends_is_tried_or_it_is_said_why_not() -> None:
    """Read off the rules' own text, so that a new recommendation cannot be overlooked."""
    import rectifier.diagnose.rules as package

    folder = Path(package.__file__).parent
    named = {name for file in folder.glob("*.py") for name in re.findall(r'name="([a-z-]+)"', file.read_text())}
    carried_out = {name for remedy in remedies.menu().values() for name in remedy.names}
    assert named
    assert named - carried_out - set(NOT_TRIED) == {"lean"}  # of an information, which is no illness


@pytest.mark.parametrize("name", [n for n in ALL if n not in ("early-stop", "optimizer")])
def test_it_draws_nothing_from_the_scripts_random_numbers(name: str, tmp_path: Path) -> None:
    script = TRAINS.replace(
        "    loss.backward()\n", "    loss.backward()\n    print(torch.rand(1), random.random(), flush=True)\n"
    )
    script = "import random\nimport numpy as np\n" + script.replace("optimizer = torch", DEAD + "optimizer = torch")
    script = script.replace('print("evaluation"', "print(np.random.rand()) #")
    script = re.sub(r"print\(\"final.*", "", script)
    plain = run("import random, numpy\nrandom.seed(0); numpy.random.seed(0)\n" + script)
    trial(script, tmp_path, use(name, **({"patience": 5} if name == "revive" else {})))
    assert log(tmp_path) == plain


def test_the_rate_of_steps_taken_by_hand(tmp_path: Path) -> None:
    script = """
import torch
torch.manual_seed(0)
w = torch.randn(4, 8, requires_grad=True)
x = torch.randn(64, 4)
for step in range(20):
    loss = (torch.relu(x @ w) - 1).square().mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.25 * w.grad
        w.grad = None
print("final", loss.item())
"""
    result = trial(script, tmp_path, use("learning-rate", factor=0.5))
    assert result.acted["learning-rate"] == 20
    assert _final(log(tmp_path)) == _final(run(script.replace("0.25", "0.125")))


def test_first_weights_are_drawn_for_the_activation_that_comes() -> None:
    """As those of the changed script are, in which it stands already."""
    script = Script(seed=3, steps=None, horizon=None)
    script.follows = lambda layer, found: ("tanh", ()) if found[0] == "sigmoid" else found
    remedies.get("initialise").attach(script, {})
    layers = nn.Linear(64, 512), nn.Linear(64, 512)
    old, new = (nn.Sequential(layer, kind()) for layer, kind in zip(layers, (nn.Sigmoid, nn.Tanh), strict=True))
    (draw,) = script._models
    draw(old)
    with script.undisturbed():
        init_for_(new)
    assert torch.equal(layers[0].weight, layers[1].weight)
    assert script.acted["initialise"] == 1
