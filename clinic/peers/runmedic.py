"""runmedic: reads the log that the script writes."""

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from clinic.peers import Heard, Moment

PACKAGE = "runmedic==0.1.1"
TAKES_HELD_OUT = True
DRIVEN = True
ABOUT = (
    "a CSV with step, loss, rate, gradient norm and validation loss, one row a step, and `runmedic diagnose`; findings "
    "of warning or critical about training, not about time or memory"
)

MEANS = {
    "non_finite": ("non-finite",),
    "divergence": ("learning-rate-too-high",),
    "loss_spikes": ("learning-rate-too-high",),
    "grad_spikes": ("exploding-gradient",),
    "no_learning": ("loss-plateau",),
    "overfitting": ("overfitting",),
    "constant_lr_plateau": ("loss-plateau",),
}


class Peer:
    def __init__(self, model: Any, optimizer: Any) -> None:
        self.model = model
        self.file = Path(tempfile.mkdtemp()) / "log.csv"
        self.handle = self.file.open("w", newline="")
        self.writer = csv.writer(self.handle)
        self.writer.writerow(["step", "loss", "lr", "grad_norm", "val_loss"])

    def after_backward(self, now: Moment) -> None:
        squares = [float(p.grad.norm()) ** 2 for p in self.model.parameters() if p.grad is not None]
        held_out = "" if now.held_out is None else now.held_out
        self.writer.writerow([now.step, now.loss, "" if now.rate is None else now.rate, sum(squares) ** 0.5, held_out])

    def after_step(self, now: Moment) -> None:
        pass

    def findings(self) -> list[Heard]:
        self.handle.close()
        command = [sys.executable, "-m", "runmedic", "diagnose", str(self.file), "--json"]
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        return [
            Heard(said=f["title"], means=MEANS[f["check"]], grave=f["severity"] in ("critical", "warning"))
            for run in _runs(json.loads(shown.stdout))
            for f in run["findings"]
            if f["check"] in MEANS
        ]


def _runs(shown: Any) -> list[dict[str, Any]]:
    return (
        shown["runs"] if isinstance(shown, dict) and "runs" in shown else [shown] if isinstance(shown, dict) else shown
    )
