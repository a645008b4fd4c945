"""Long arrays are shared among threads: as many as asked for, with the same result, also after a fork."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl

from rectifier import _native

LONG = 1_000_003  # of no special size


def numbers() -> np.ndarray:
    x: np.ndarray = np.random.default_rng(4).normal(scale=3, size=LONG).astype(np.float32)
    return x


def of(code: str, **environment: str) -> str:
    command = [sys.executable, "-c", code]
    run = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


has_threads = pytest.mark.skipif(
    of("from rectifier import _native; print(_native.thread_count())", OMP_NUM_THREADS="3") == "1\n",
    reason="built without OpenMP",
)


@has_threads
def test_the_environment_says_how_many() -> None:
    assert of("from rectifier import _native; print(_native.thread_count())", OMP_NUM_THREADS="5") == "5\n"


@has_threads
def test_threadpoolctl_says_how_many() -> None:
    x = numbers()
    with threadpoolctl.threadpool_limits(1):
        assert _native.thread_count() == 1
        alone = _native.sigmoid(x)
    with threadpoolctl.threadpool_limits(4):
        assert _native.thread_count() == 4
        np.testing.assert_array_equal(_native.sigmoid(x), alone)


@has_threads
def test_as_many_threads_run_as_asked_for() -> None:
    code = (
        "import os, numpy as np\n"
        "from rectifier import _native\n"
        "x = np.ones(1_000_000, np.float32)\n"
        "before = len(os.listdir('/proc/self/task'))\n"
        "_native.sigmoid(x)\n"
        "print(len(os.listdir('/proc/self/task')) - before)\n"
    )
    if not Path("/proc/self/task").exists():
        pytest.skip("needs /proc to count threads")
    assert of(code, OMP_NUM_THREADS="3") == "2\n"
    assert of(code, OMP_NUM_THREADS="1") == "0\n"
    assert of(code.replace("1_000_000", "1_000"), OMP_NUM_THREADS="3") == "0\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_computes() -> None:
    code = (
        "import os, numpy as np\n"
        "from rectifier import _native\n"
        "x = np.linspace(-5, 5, 1_000_000, dtype=np.float32)\n"
        "wanted = _native.sigmoid(x)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    same = np.array_equal(_native.sigmoid(x), wanted) and _native.thread_count() == 1\n"
        "    os._exit(0 if same else 1)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0\n"
        "assert np.array_equal(_native.sigmoid(x), wanted)\n"
        "print(_native.thread_count())\n"
    )
    assert of(code, OMP_NUM_THREADS="2") in {"2\n", "1\n"}


def test_many_python_threads_at_once() -> None:
    x = numbers()
    wanted = [_native.sigmoid(x), _native.gelu(x), _native.elu(x, np.float32(1))]
    start = threading.Barrier(16)

    def work(seed: int) -> int:
        start.wait(timeout=60)
        wrong = 0
        rng = np.random.default_rng(seed)
        for _ in range(10):
            stop = int(rng.integers(1, LONG))
            got = [_native.sigmoid(x[:stop]), _native.gelu(x[:stop]), _native.elu(x[:stop], np.float32(1))]
            wrong += sum(not np.array_equal(g, w[:stop]) for g, w in zip(got, wanted, strict=True))
        return wrong

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(work, range(16))) == 0


def test_the_interpreter_is_free_meanwhile() -> None:
    """Another thread runs Python while one computes: the lock is released."""
    x = np.ones(2**24, np.float32)
    out = np.empty_like(x)
    done = threading.Event()
    ticks_during: list[int] = []

    def count() -> None:
        ticks = 0
        while not done.is_set():
            ticks += 1
            time.sleep(0)  # gives the lock back
        ticks_during.append(ticks)

    counter = threading.Thread(target=count)
    switch = sys.getswitchinterval()
    sys.setswitchinterval(60)  # the counter gets no turn unless the lock is given up
    try:
        counter.start()
        for _ in range(5):
            _native.gelu(x, out=out)
        done.set()
        counter.join(timeout=60)
    finally:
        sys.setswitchinterval(switch)
    assert ticks_during[0] > 0
