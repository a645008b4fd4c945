"""What a trial leaves behind beside the watcher's record: evaluation losses, bytes kept for backward, what acted.

An evaluation loss is a scalar that one of torch's loss functions gave while gradients were off. Those between two
training steps are one evaluation pass, and count by their number of samples.
"""

import atexit
import functools
import json
import math
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from rectifier.treat.inside.script import Script

_LOSSES = (
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "nll_loss", "mse_loss", "l1_loss",
    "smooth_l1_loss", "huber_loss", "kl_div", "poisson_nll_loss", "gaussian_nll_loss", "hinge_embedding_loss",
    "soft_margin_loss", "multilabel_soft_margin_loss", "multi_margin_loss", "triplet_margin_loss", "ctc_loss",
)  # fmt: skip


class Outcome:
    """Collects, and writes `inside.json` after every evaluation pass and at the end."""

    def __init__(self, path: Path, script: Script, *, saved: bool) -> None:
        self._path, self._script, self._measures_saved = path, script, saved
        self._saved: dict[int, int] = {}
        self._bytes: int | None = None
        self._inside = False
        self._process = os.getpid()
        self._open = False

    def attach(self) -> None:
        """Hooks that change nothing."""
        for name in _LOSSES:
            original = getattr(functional, name)
            setattr(functional, name, self._noting(original))
        self._script.after_step(lambda optimizer: self._stepped())
        if self._measures_saved:
            self._script.before_step(lambda optimizer: self._stop_counting())
        atexit.register(self.write)

    def _noting(self, original: Any) -> Any:
        @functools.wraps(original)
        def loss(*args: Any, **kwargs: Any) -> Any:
            if self._inside or torch.is_grad_enabled() or torch.compiler.is_compiling():
                return original(*args, **kwargs)
            self._inside = True  # one loss may be written with another
            try:
                result = original(*args, **kwargs)
            finally:
                self._inside = False
            if isinstance(result, Tensor) and result.numel() == 1 and args and isinstance(args[0], Tensor):
                samples = len(args[0]) if args[0].dim() else 1
                total = self._script.passes.setdefault(self._script.step, [0.0, 0.0])
                summed = kwargs.get("reduction") == "sum"
                total[0] += float(result) * (1 if summed else samples)
                total[1] += samples
            return result

        return loss

    def _stepped(self) -> None:
        if self._script.step in self._script.passes:
            self.write()
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
        if os.getpid() != self._process:
            return
        values = {
            "evaluations": [(s, loss if math.isfinite(loss) else math.inf) for s, loss in self._script.evaluations],
            "saved_bytes": self._bytes,
            "acted": dict(self._script.acted),
        }
        half = self._path.with_suffix(".part")
        half.write_text(json.dumps(values))
        half.replace(self._path)
