"""What a trial leaves behind beside the watcher's record: bytes kept for backward, and what the remedies did."""

import atexit
import json
import os
from pathlib import Path

import torch
from torch import Tensor

from rectifier.treat.inside.script import Script

#: Steps between two writings.
EVERY = 50


class Outcome:
    """Collects, and writes `inside.json` every so many steps and at the end."""

    def __init__(self, path: Path, script: Script, *, saved: bool) -> None:
        self._path, self._script, self._measures_saved = path, script, saved
        self._saved: dict[int, int] = {}
        self._bytes: int | None = None
        self._process = os.getpid()
        self._open = False

    def attach(self) -> None:
        """Hooks that change nothing."""
        self._script.after_step(lambda optimizer: self._stepped())
        if self._measures_saved:
            self._script.before_step(lambda optimizer: self._stop_counting())
        atexit.register(self.write)

    def _stepped(self) -> None:
        if self._script.step % EVERY == 0:
            self.write()  # a trial may be killed
        if self._measures_saved and self._bytes is None and self._script.step >= 2:
            self._open = True
            torch._C._autograd._push_saved_tensors_default_hooks(self._count, lambda kept: kept)

    def _count(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if not tensor.is_leaf:  # parameters and data are there anyway
            self._saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    def _stop_counting(self) -> None:
        if self._open:
            self._open = False
            torch._C._autograd._pop_saved_tensors_default_hooks()
            self._bytes = sum(self._saved.values())

    def write(self) -> None:
        """Write what is known so far; in one step."""
        if os.getpid() != self._process or not self._script.step:
            return  # a worker of a DataLoader, say: it trains nothing
        values = {
            "saved_bytes": self._bytes,
            "acted": dict(self._script.acted),
        }
        half = self._path.with_suffix(".part")
        half.write_text(json.dumps(values))
        half.replace(self._path)
