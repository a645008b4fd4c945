"""Bringing measured tensors to the CPU: one wait per device and look."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor


def fetch(tensors: Sequence[Tensor]) -> Iterator[Tensor]:
    """The tensors on the CPU, in order."""
    if all(t.device.type == "cpu" for t in tensors):
        return iter(tensors)
    fetched: dict[int, Tensor] = {}
    for device in {t.device for t in tensors if t.device.type != "cpu"}:
        there = [(i, t) for i, t in enumerate(tensors) if t.device == device]
        flat = torch.cat([t.reshape(-1).double() for _, t in there]).cpu()
        for (i, t), part in zip(there, torch.split(flat, [t.numel() for _, t in there]), strict=True):
            fetched[i] = part.reshape(t.shape)
    return iter([fetched.get(i, t) for i, t in enumerate(tensors)])
