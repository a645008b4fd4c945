"""Measuring without being noticed: not while the script itself looks at every operation, and never through its eyes."""

from typing import Any

import torch

from rectifier.record import own_warnings
from rectifier.watcher import compat


def observable() -> bool:
    """Whether nothing of the script's own would see our operations: no trace, mode, transform, profiler, CUDA graph."""
    return (
        compat.can_measure
        and not compat.is_tracing()
        and not compat.is_profiling()
        and not compat.dispatch_modes()
        and not compat.is_transforming()
        and not (torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing())  # type: ignore[no-untyped-call]  # torch's
    )


#: No function modes, and tensor subclasses are asked nothing: they may count what they are asked.
unasked = compat.unasked


class measuring:  # noqa: N801  a context manager, named as a function is; `contextlib`'s take three times as long
    """Unasked, without gradients and without warnings: for whatever computes with tensors."""

    __slots__ = ("_gradients", "_unasked", "_warnings")

    def __enter__(self) -> None:
        self._warnings = own_warnings.ignored()
        self._warnings.__enter__()
        self._unasked = unasked()
        self._unasked.__enter__()
        self._gradients = torch.is_grad_enabled()
        compat.set_grad_enabled(False)

    def __exit__(self, *error: Any) -> None:
        compat.set_grad_enabled(self._gradients)
        self._unasked.__exit__(*error)
        self._warnings.__exit__(*error)
