"""Trials as processes of this machine, `jobs` of them at a time."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from rectifier.treat.execute import execute
from rectifier.treat.trial import Program, Result, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """This machine."""

    jobs: int = 1

    def run(self, program: Program, trials: Sequence[tuple[Trial, Path]]) -> Iterator[tuple[Trial, Result]]:
        cancelled = threading.Event()
        pool = ThreadPoolExecutor(self.jobs, thread_name_prefix="rectifier-trial")
        waiting = {pool.submit(execute, program, trial, folder, cancelled): trial for trial, folder in trials}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        finally:
            cancelled.set()
            pool.shutdown(cancel_futures=True)
