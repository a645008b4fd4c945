"""Measuring without being noticed: not while the script itself looks at every operation, and never through its eyes."""

from typing import Any

import torch


def observable() -> bool:
    """Whether nothing of the script's own would see our operations: no trace, mode, transform, profiler, CUDA graph."""
    return (
        torch._C._get_tracing_state() is None
        and not torch._C._autograd._profiler_enabled()
        and not torch._C._len_torch_dispatch_stack()
        and not torch._C._are_functorch_transforms_active()
        and not (torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing())  # type: ignore[no-untyped-call]  # torch's
    )


#: No function modes, and tensor subclasses are asked nothing: they may count what they are asked.
unasked = torch._C.DisableTorchFunction


class measuring:  # noqa: N801  a context manager, named as a function is; `contextlib`'s take three times as long
    """Unasked, and without gradients: for whatever computes with tensors."""

    __slots__ = ("_gradients", "_unasked")

    def __enter__(self) -> None:
        self._unasked = unasked()
        self._unasked.__enter__()
        self._gradients = torch.is_grad_enabled()
        torch._C._set_grad_enabled(False)

    def __exit__(self, *error: Any) -> None:
        torch._C._set_grad_enabled(self._gradients)
        self._unasked.__exit__(*error)
