"""Rectifier itself, under the same measurement of a step's cost."""

import tempfile
from typing import Any

from clinic.peers import Heard, Moment

PACKAGE = ""
TAKES_HELD_OUT = False
DRIVEN = False
ABOUT = (
    "`rectifier run SCRIPT`, findings of warning or error; its step cost by `with rectifier.watch():` around the script"
)


class Peer:
    def __init__(self, model: Any, optimizer: Any) -> None:
        import rectifier

        self.watch = rectifier.watch(folder=tempfile.mkdtemp())
        self.watch.__enter__()

    def after_backward(self, now: Moment) -> None:
        pass

    def after_step(self, now: Moment) -> None:
        pass

    def findings(self) -> list[Heard]:
        self.watch.__exit__(None, None, None)
        report = self.watch.diagnosis()
        return [Heard(said=f.rule, means=(f.rule,), grave=f.severity != "info") for f in report.findings]
