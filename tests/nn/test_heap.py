"""Freed memory that the C library holds: given back when the process would else use more than it needs, not before."""

import os
import platform
import subprocess
import sys

import pytest

from rectifier import _native

GLIBC = platform.libc_ver()[0] == "glibc" and "asan" not in os.environ.get("LD_PRELOAD", "")

HOLES = """
import torch
from rectifier import _native

MIB = 1 << 20

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

def holes():
    # The first block of a size gets pages of its own; once it was freed, those that follow lie in the heap.
    tensors = [torch.ones(2 * MIB) for _ in range(2)]
    tensors.clear()
    tensors = [(torch.ones(2 * MIB), torch.ones(500)) for _ in range(20)]
    return [small for _, small in tensors]

_native.trim_heap(NEEDED)
before = resident()
between = holes()
with_holes = resident()
_native.trim_heap(16 * MIB)
print(with_holes - before, resident() - before)
"""


def grown(needed: str) -> tuple[int, int]:
    """MiB that the holes of 160 MiB of tensors take, and what they take at the next tensor."""
    command = [sys.executable, "-c", HOLES.replace("NEEDED", needed)]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.split()
    with_holes, after = (int(each) >> 20 for each in found)
    return with_holes, after


@pytest.mark.skipif(not GLIBC, reason="the heap is not glibc's")
def test_holes_go_back_when_more_is_used_than_was_needed() -> None:
    with_holes, after = grown("0")
    assert with_holes > 100
    assert after < 20


@pytest.mark.skipif(not GLIBC, reason="the heap is not glibc's")
def test_holes_stay_as_long_as_as_much_was_needed_before() -> None:
    with_holes, after = grown("100 * MIB")
    assert with_holes > 100
    assert after > 100


@pytest.mark.parametrize("wrong", [-1, 1.5, "many"])
def test_a_size_is_a_whole_number(wrong: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        _native.trim_heap(wrong)  # type: ignore[arg-type]
