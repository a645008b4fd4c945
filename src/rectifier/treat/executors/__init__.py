"""Where trials run. An executor takes trials and gives their results as they come."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from rectifier.treat.trial import Program, Result, Trial


class Executor(Protocol):
    """Runs trials of one program, each with a folder of its own for what it leaves behind."""

    def run(self, program: Program, trials: Sequence[tuple[Trial, Path]]) -> Iterator[tuple[Trial, Result]]:
        """Results in the order in which they come. Closing the iterator ends the trials that still run."""
        ...
