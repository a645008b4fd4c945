"""Measuring without being noticed: not while the script itself looks at every operation, and never through its eyes."""

from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def measuring() -> Iterator[None]:
    """No gradients, no function modes, and tensor subclasses are asked nothing: they may count what they are asked."""
    with torch.no_grad(), torch._C.DisableTorchFunction():
        yield
