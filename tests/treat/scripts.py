"""Small training scripts for trials, and running them."""

import contextlib
import io
from pathlib import Path
from typing import Any

from rectifier.treat import remedies
from rectifier.treat.execute import execute
from rectifier.treat.trial import Program, Result, Treatment, Trial

#: Its activations are a module, one in place, a function, a method and a clamp; it has a loss with a relu of its own.
TRAINS = """
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(inplace=True))
        self.b = nn.Linear(16, 16)
        self.c = nn.Linear(16, 16)
        self.d = nn.Linear(16, 1)

    def forward(self, x):
        x = F.relu(self.b(self.a(x)))
        return self.d(self.c(x).relu())


model = Net()
x = torch.randn(256, 4)
y = x.sum(1, keepdim=True).relu()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for step in range(40):
    batch = torch.randint(256, (64,))
    optimizer.zero_grad()
    loss = F.mse_loss(model(x[batch]), y[batch])
    loss.backward()
    optimizer.step()
    if step % 10 == 9:
        with torch.no_grad():
            print("evaluation", F.mse_loss(model(x), y).item())
print("final", loss.item())
"""


def trial(script: str, folder: Path, *uses: Any, seed: int = 0, timeout: float | None = 300, **more: Any) -> Result:
    """Run a script's trial, with its files in `folder / "trial"`."""
    (folder / "work").mkdir(exist_ok=True)
    (folder / "work" / "train.py").write_text(script)
    program = Program(command=("train.py",), directory=str(folder / "work"), timeout=timeout, threads=1)
    return execute(program, Trial(treatment=Treatment(uses=uses), seed=seed, **more), folder / "trial")


def log(folder: Path) -> str:
    """What the trial has printed."""
    return (folder / "trial" / "log.txt").read_text(errors="replace")


def run(script: str) -> str:
    """What a script prints when it is run by itself, in this process."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(script, "train.py", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def use(name: str, **parameters: Any) -> Any:
    """A remedy with these values."""
    return remedies.get(name).use(**parameters)
