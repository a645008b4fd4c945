"""The probe measures what it says, and the script does not notice."""

from pathlib import Path
from typing import Any

import pytest
from clinic.cases import Truth
from clinic.probe import run

SCRIPT = """
import torch
from torch import nn
torch.manual_seed(0)
X = torch.randn(200, 4)
y = X.sum(1, keepdim=True)
model = nn.Sequential(nn.Linear(4, 10), nn.BatchNorm1d(10), nn.ReLU(), nn.Dropout(0.5), nn.Linear(10, 8), nn.ReLU(), nn.Linear(8, 1))
unused = nn.Linear(3, 3)
with torch.no_grad():
    model[4].bias[:6] = -100.0
opt = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(50):
    b = torch.randint(200, (32,))
    opt.zero_grad()
    loss = ((model(X[b]) - y[b]) ** 2).mean()
    loss.backward()
    opt.step()
print([round(float(p.detach().double().sum()), 12) for p in [*model.parameters(), *model.buffers()]], torch.rand(1).item())
"""  # noqa: E501
TRUTH = Truth(
    model="{'net': model, 'unused': unused}",
    forward="model(X)",
    loss="((model(X) - y) ** 2).mean()",
    score="explained(model(X), y)",
    trivial=0.0,
    learned=0.9,
    held_out=None,
)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    return path


def test_it_measures(script: Path) -> None:
    seen: dict[str, Any] = run(SCRIPT, script, TRUTH)
    assert seen["error"] is None
    assert seen["backward_calls"] == 50
    assert seen["start"]["dead"] == seen["end"]["dead"] == {"net.0": 0.0, "net.4": 0.75}
    assert seen["moved"]["unused.weight"] == 0.0
    assert seen["moved"]["net.6.weight"] > 0.0
    assert seen["history"][0][1] > seen["history"][-1][1] > 0


def test_the_script_does_not_notice(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(SCRIPT, str(script), "exec"), {"__name__": "__main__"})
    alone = capsys.readouterr().out
    run(SCRIPT, script, TRUTH)
    assert capsys.readouterr().out == alone


def test_a_script_that_fails_is_measured_until_then(script: Path) -> None:
    seen = run(SCRIPT + "\nraise RuntimeError('out of paper')", script, TRUTH)
    assert seen["error"].endswith("RuntimeError: out of paper\n")
    assert seen["end"]["finite"]
