"""Large new arrays lie in memory that is used again, and are arrays like any others."""

import contextvars
import ctypes
import gc
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy._core import multiarray

import rectifier
from rectifier import _native

MIB = 1 << 20
OURS, DEFAULT = "rectifier_pages", "default_allocator"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there arrays are made as ever")


@pytest.fixture
def x() -> np.ndarray:
    return np.linspace(-3, 3, 2 * MIB)


def in_use() -> int:
    gc.collect()
    return _native.pages_state()[0]


CALLS: dict[str, Callable[[np.ndarray], Any]] = {
    "value": rectifier.relu,
    "derivative": rectifier.gelu.derivative,
    "both": lambda x: rectifier.elu.value_and_derivative(x)[1],
    "parameter": lambda x: rectifier.leaky_relu(x, 0.2),
    "halves": rectifier.glu,
    "joined": rectifier.crelu,
    "rows": lambda x: rectifier.softmax(x.reshape(-1, 8)),
    "strided": lambda x: rectifier.relu(x[::2]),
    "transposed": lambda x: rectifier.relu(x.reshape(1024, -1).T),
    "single": lambda x: rectifier.relu(x.astype(np.float32)),
    "whole numbers": lambda x: rectifier.relu(x.astype(np.int32)),
    "whole numbers to others": lambda x: rectifier.sigmoid(x.astype(np.int32)),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_large_results_own_their_memory_and_give_it_back(x: np.ndarray, call: Callable[[np.ndarray], Any]) -> None:
    before = in_use()
    y = call(x)
    whole = y if y.base is None else y.base
    assert multiarray.get_handler_name(whole) == OURS
    assert whole.flags.owndata
    assert in_use() >= before + whole.nbytes
    del y, whole
    assert in_use() == before


def test_small_results_and_what_others_make_lie_where_they_always_do(x: np.ndarray) -> None:
    assert multiarray.get_handler_name(rectifier.relu(x[:1000])) == DEFAULT
    assert multiarray.get_handler_name(rectifier.relu(x)) == OURS
    assert multiarray.get_handler_name(np.empty_like(x)) == DEFAULT
    with pytest.raises(TypeError):
        rectifier.relu(x.astype(complex))
    assert multiarray.get_handler_name(np.empty_like(x)) == DEFAULT
    out = np.empty_like(x)
    assert rectifier.relu(x, out=out) is out
    assert multiarray.get_handler_name(out) == DEFAULT


def test_results_are_right_where_others_were(x: np.ndarray) -> None:
    for scale in (1.0, -2.0, 0.5):
        assert np.array_equal(rectifier.relu(scale * x), np.maximum(scale * x, 0))
    kept = [rectifier.relu(x + k) for k in range(10)]
    del kept[::2]
    more = [rectifier.relu(x - k) for k in range(10)]
    assert all(np.array_equal(y, np.maximum(x + k, 0)) for k, y in zip(range(1, 10, 2), kept, strict=True))
    assert all(np.array_equal(y, np.maximum(x - k, 0)) for k, y in enumerate(more))


def test_a_result_can_be_resized(x: np.ndarray) -> None:
    before, expected = in_use(), np.maximum(x, 0)
    y = rectifier.relu(x)
    y.resize(3 * MIB, refcheck=False)
    assert np.array_equal(y[: 2 * MIB], expected)
    assert not y[2 * MIB :].any()
    y.resize(10, refcheck=False)
    assert np.array_equal(y, expected[:10])
    del y
    assert in_use() == before


def test_a_result_can_be_pickled_viewed_and_kept_by_its_view(x: np.ndarray) -> None:
    y = rectifier.relu(x)
    assert np.array_equal(pickle.loads(pickle.dumps(y)), y)
    view = y[5:].view(np.int64)
    expected = view.copy()
    del y
    rectifier.relu(-x)
    assert np.array_equal(view, expected)


def test_many_threads_make_them_at_once(x: np.ndarray) -> None:
    wrong: list[int] = []

    def work(number: int) -> None:
        mine = x[: 50_000 * number] + number
        expected = np.maximum(mine, 0)
        wrong.extend(number for _ in range(20) if not np.array_equal(rectifier.relu(mine), expected))

    before = in_use()
    threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 9)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong
    assert in_use() == before


def test_no_memory_is_new_in_a_loop_of_calls(x: np.ndarray) -> None:
    resource = pytest.importorskip("resource")
    y = rectifier.relu.value_and_derivative(x)
    for _ in range(3):
        y = rectifier.relu.value_and_derivative(x)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        y = rectifier.relu.value_and_derivative(x)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    assert y[0].nbytes == 16 * MIB
    assert faults < 16 * MIB // 4096  # those of one array; without, each of the 40 has as many


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux says how much it may take")
def test_what_waits_is_the_systems_to_take(x: np.ndarray) -> None:
    def lent() -> int:
        for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
            if line.startswith("LazyFree:"):
                return int(line.split()[1]) << 10
        pytest.skip("this Linux does not say how much it may take")

    _native.release_pages()
    assert lent() == 0
    kept = [rectifier.relu(x) for _ in range(16)]
    assert lent() == 0
    del kept
    waiting = _native.pages_state()[1]
    assert waiting >= 256 * MIB
    assert waiting - lent() < 40 * MIB
    y = rectifier.relu(x)
    assert np.array_equal(y, np.maximum(x, 0))
    assert lent() <= waiting - y.nbytes + 4 * MIB


def test_it_does_without_where_address_space_is_short() -> None:
    program = """
import resource
import numpy as np
import rectifier
x = np.linspace(-3, 3, 4 << 20)
rectifier.relu(x[:10])
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * 4096 + (100 << 20),) * 2)
for _ in range(3):
    y = rectifier.relu(x)
    assert np.array_equal(y[::1000], np.maximum(x[::1000], 0))
kept = [y]
try:
    while True:
        kept.append(rectifier.relu(x))
except MemoryError:
    print(len(kept))
"""
    if not Path("/proc/self/statm").exists() or "asan" in os.environ.get("LD_PRELOAD", ""):
        pytest.skip("only Linux says how much address space is in use")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "3"  # of 32 MiB each, within 100


class Allocator(ctypes.Structure):
    _fields_ = (
        ("ctx", ctypes.c_void_p),
        ("malloc", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)),
        ("calloc", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t)),
        ("realloc", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)),
        ("free", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)),
    )


class Handler(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char * 127), ("version", ctypes.c_uint8), ("allocator", Allocator))


def test_who_has_a_memory_handler_of_their_own_gets_arrays_by_it(x: np.ndarray) -> None:
    libc = ctypes.CDLL(None)
    for name, arguments in {"malloc": 1, "calloc": 2}.items():
        getattr(libc, name).restype, getattr(libc, name).argtypes = ctypes.c_void_p, [ctypes.c_size_t] * arguments
    libc.realloc.restype, libc.realloc.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_size_t]
    libc.free.restype, libc.free.argtypes = None, [ctypes.c_void_p]
    kinds: dict[str, Any] = dict(Allocator._fields_)
    handler = Handler(
        b"theirs",
        1,
        Allocator(
            None,
            kinds["malloc"](lambda _, size: libc.malloc(size)),
            kinds["calloc"](lambda _, count, size: libc.calloc(count, size)),
            kinds["realloc"](lambda _, start, size: libc.realloc(start, size)),
            kinds["free"](lambda _, start, size: libc.free(start)),
        ),
    )
    python = ctypes.pythonapi
    python.PyCapsule_GetPointer.restype = ctypes.c_void_p
    python.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    python.PyCapsule_New.restype = ctypes.py_object
    python.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    table = python.PyCapsule_GetPointer(multiarray._ARRAY_API, None)
    set_handler = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(
        ctypes.cast(table, ctypes.POINTER(ctypes.c_void_p))[304]
    )

    def theirs() -> str:
        set_handler(python.PyCapsule_New(ctypes.addressof(handler), b"mem_handler", None))
        return str(multiarray.get_handler_name(rectifier.relu(x)))

    assert contextvars.copy_context().run(theirs) == "theirs"
    assert multiarray.get_handler_name(rectifier.relu(x)) == OURS
