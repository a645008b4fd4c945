"""`with rectifier.watch() as w:` watches the training in its body; `w.diagnosis()` is the report."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rectifier.record import runs
from rectifier.record.reader import Record
from rectifier.report.model import Report
from rectifier.watcher.governor import BUDGET

if TYPE_CHECKING:
    from rectifier.record.writer import Writer
    from rectifier.watcher.attach import Watcher


class Watch:
    """A watched piece of code. Use it as a context manager; one at a time per process."""

    _active: "Watch | None" = None

    def __init__(self, budget: float, folder: Path | None) -> None:
        if not 0 <= budget <= 1:
            raise ValueError(f"budget is a share of the training time between 0 and 1, got {budget!r}")
        self._budget, self._root = budget, folder
        self._watcher: Watcher | None = None
        self._writer: Writer | None = None
        self.folder: Path | None = None  #: where the record lies, once begun

    def __enter__(self) -> "Watch":
        if Watch._active is not None:
            raise RuntimeError("rectifier.watch() is already watching this process: leave that block first")
        try:
            import torch  # noqa: F401
        except ModuleNotFoundError:
            raise ModuleNotFoundError(
                "rectifier.watch() watches PyTorch training, and torch is not installed. "
                'Install it with: pip install "rectifier[torch]"'
            ) from None
        from rectifier.record.writer import Writer
        from rectifier.watcher import children, notebook
        from rectifier.watcher.attach import Watcher

        try:
            self.folder = runs.create(self._root or runs.ROOT)
        except OSError:
            self.folder = runs.create(Path(tempfile.mkdtemp(prefix="rectifier-")) / "runs")
        while (
            self.folder / "run.json"
        ).exists() and not runs.shared():  # several watches in one process and one second
            self.folder = self.folder.with_name(self.folder.name + "+")
            self.folder.mkdir(exist_ok=True)
        self._run = runs.Run(script=notebook.script(), directory=str(Path.cwd()), started=time.time(), arguments=())
        self._run.save(self.folder)
        folder = self.folder.resolve()  # the script may go elsewhere
        self._writer = Writer(lambda: children.place(folder))
        self._watcher = Watcher(self._writer, self._budget, time.perf_counter())
        self._watcher.attach()
        Watch._active = self
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        assert self._watcher is not None
        assert self._writer is not None
        assert self.folder is not None
        Watch._active = None
        self._watcher.detach()
        self._writer.close()
        replace(self._run, ended=time.time(), raised=None if kind is None else kind.__name__).save(self.folder)

    def diagnosis(self) -> Report:
        """The report on what has been seen until now; also inside the block."""
        from rectifier.diagnose.diagnosis import diagnose

        if self.folder is None or self._writer is None:
            raise RuntimeError("nothing has been watched yet: train inside `with rectifier.watch() as w:` first")
        self._writer.flush()
        return Report.of(diagnose(Record(self.folder)))


def watch(*, budget: float = BUDGET, folder: str | Path | None = None) -> Watch:
    """Watch the PyTorch training that happens inside a `with` block, changing nothing about it.

    Args:
        budget: share of the block's time that watching may cost, between 0 and 1 (every step is looked at).
        folder: where the record is written; `.rectifier/runs` by default.

    Raises:
        ModuleNotFoundError: torch is not installed.
        RuntimeError: another watch is active in this process.
        ValueError: the budget is not a share.

    >>> import tempfile, torch, rectifier
    >>> x = torch.randn(100, 8)
    >>> model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    >>> with rectifier.watch(folder=tempfile.mkdtemp()) as w:
    ...     for _ in range(50):
    ...         optimizer.zero_grad()
    ...         ((model(x) - x[:, :1]) ** 2).mean().backward()
    ...         optimizer.step()
    >>> w.diagnosis().verdict
    'healthy'
    """
    return Watch(budget, None if folder is None else Path(folder))
