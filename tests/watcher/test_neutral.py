"""Watching changes nothing: the same bits under `python` and under `rectifier run`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.watcher import kinds

ROOT = Path(__file__).parents[2]
FINGERPRINT = Path(__file__).with_name("fingerprint.py")
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.py") if "import torch" in path.read_text())


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=True)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_bits_of_every_example(tmp_path: Path, example: Path) -> None:
    plain = kinds.forked([str(FINGERPRINT), str(example)], tmp_path)
    assert plain.stdout.count("tensor") >= 4
    # A budget of 1 looks at every step: all that looking can disturb, it disturbs. With one of 0 almost every step is
    # noted in native code.
    for budget in ("1", "0") if example == EXAMPLES[0] else ("1",):
        options = ["--budget", budget, "--json", "report.json"]
        watched = run([sys.executable, "-m", "rectifier", "run", *options, str(FINGERPRINT), str(example)], tmp_path)
        assert watched.stdout == plain.stdout
        ran = json.loads((tmp_path / "report.json").read_text())["run"]
        assert (ran["looked_at"] == ran["steps"] > 50) if budget == "1" else (0 < ran["looked_at"] < ran["steps"] / 2)


TRICKY = """
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.1, batch_first=True)
model = nn.ModuleDict({"body": nn.TransformerEncoder(layer, 2), "head": nn.Linear(16, 3)})
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=40)
x, y = torch.randn(64, 5, 16), torch.randint(3, (64,))
history = []
for step in range(40):
    model.train()
    batch = torch.randint(64, (16,))
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=step % 2 == 0):
        loss = F.cross_entropy(model["head"](model["body"](x[batch]).mean(1)), y[batch])
    optimizer.zero_grad(set_to_none=step % 3 == 0)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    model.eval()
    with torch.no_grad():  # the encoder takes its fast path here, which rounds differently
        history.append(model["head"](model["body"](x).mean(1)))
evaluations = torch.stack(history)
penalty = torch.autograd.grad(evaluations.sum() * 0 + sum(p.square().sum() for p in model.parameters()),
                              list(model.parameters())[0], create_graph=True)[0]
with torch.device("cpu"):
    lbfgs_net = nn.Sequential(nn.Linear(16, 8), nn.ReLU(inplace=True), nn.Linear(8, 1))
    lbfgs = torch.optim.LBFGS(lbfgs_net.parameters(), max_iter=5)

    def closure():
        lbfgs.zero_grad()
        value = lbfgs_net(x.mean(1)).square().mean()
        value.backward()
        return value

    for _ in range(5):
        lbfgs.step(closure)
last = history[-1]
"""


def test_bits_of_dropout_autocast_evaluation_clipping_and_closures(tmp_path: Path) -> None:
    (tmp_path / "tricky.py").write_text(TRICKY)
    plain = kinds.forked([str(FINGERPRINT), "tricky.py"], tmp_path)
    watched = run([sys.executable, "-m", "rectifier", "run", "--budget", "1", str(FINGERPRINT), "tricky.py"], tmp_path)
    assert watched.stdout == plain.stdout
    assert "could not be watched" not in watched.stderr


OBSERVED = """
import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode


class Functions(TorchFunctionMode):
    seen = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        Functions.seen += 1
        return func(*args, **(kwargs or {}))


class Operations(TorchDispatchMode):
    seen = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        Operations.seen += 1
        return func(*args, **(kwargs or {}))


class Counted(torch.Tensor):
    seen = 0

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        Counted.seen += 1
        return super().__torch_function__(func, types, args, kwargs)


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
traced = torch.jit.trace(model, torch.randn(3, 4))
print(traced.graph)
optimizer = torch.optim.SGD(model.parameters(), 0.1)


def step(x):
    optimizer.zero_grad()
    model(x).square().mean().backward()
    optimizer.step()


for _ in range(5):
    step(torch.randn(16, 4))
with Functions():
    for _ in range(5):
        step(torch.randn(16, 4))
with Operations():
    for _ in range(5):
        step(torch.randn(16, 4))
for _ in range(5):
    step(torch.randn(16, 4).as_subclass(Counted))
gradient = torch.func.grad(lambda w: torch.func.functional_call(model, {"0.weight": w}, torch.ones(2, 4)).sum())
gradient = gradient(model[0].weight.detach())
print(Functions.seen, Operations.seen, Counted.seen)
"""


def test_traces_modes_subclasses_and_transforms_see_only_their_own_script(tmp_path: Path) -> None:
    (tmp_path / "observed.py").write_text(OBSERVED)
    plain = run([sys.executable, "-W", "ignore", str(FINGERPRINT), "observed.py"], tmp_path)
    watched = run(
        [sys.executable, "-W", "ignore", "-m", "rectifier", "run", "--budget", "1", str(FINGERPRINT), "observed.py"],
        tmp_path,
    )
    assert watched.stdout == plain.stdout
    told = " ".join(watched.stderr.split()).replace("could not be watched: it would see the watcher at work", "")
    assert "could not be watched" not in told
