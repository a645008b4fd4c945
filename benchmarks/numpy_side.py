"""How the NumPy side compares with the usual NumPy expressions: the ratio of medians, both timed in turn.

    python benchmarks/numpy_side.py [ELEMENTS ...]

Both write into arrays that exist (`out=`) where the expression can; a ratio of 3 means that Rectifier took a third of
the time. One thread each. The spread is the ratio of the quartiles to the median.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

import rectifier
from rectifier import _native

ROUNDS = 41  # odd, so that the median is a measurement


def expressions(x: np.ndarray, out: np.ndarray) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """By name: what one writes in NumPy, and the same with Rectifier."""

    def elu() -> object:
        return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))

    def softmax() -> object:
        rows = x.reshape(-1, 1000)
        powers = np.exp(rows - rows.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    rows, out_rows = x.reshape(-1, 1000), out.reshape(-1, 1000)
    return {
        "relu": (lambda: np.maximum(x, 0, out=out), lambda: rectifier.relu(x, out=out)),
        "relu.derivative": (lambda: (x > 0).astype(x.dtype), lambda: rectifier.relu.derivative(x, out=out)),
        "leaky_relu": (lambda: np.where(x > 0, x, 0.01 * x), lambda: rectifier.leaky_relu(x, out=out)),
        "elu": (elu, lambda: rectifier.elu(x, out=out)),
        "sigmoid": (lambda: 1 / (1 + np.exp(-x)), lambda: rectifier.sigmoid(x, out=out)),
        "tanh": (lambda: np.tanh(x, out=out), lambda: rectifier.tanh(x, out=out)),
        "softmax": (softmax, lambda: rectifier.softmax(rows, out=out_rows)),
    }


def compare(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Sorted times in microseconds, taken in turn so that a busy moment hits both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for function, record in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            function()
            record.append((time.perf_counter() - start) * 1e6)
    return sorted(times[0]), sorted(times[1])


def main() -> None:
    """Print one line per function, type and size."""
    print(f"instruction set {_native.isa}, NumPy {np.__version__}, {ROUNDS} rounds")
    for size in [int(argument) for argument in sys.argv[1:]] or [1000, 1_000_000]:
        for dtype in (np.float32, np.float64, np.float16):
            x = np.random.default_rng(0).normal(size=size).astype(dtype)
            for name, (theirs, ours) in expressions(x, np.empty_like(x)).items():
                mine, other = compare(ours, theirs)
                median = statistics.median(mine)
                spread = (mine[3 * ROUNDS // 4] - mine[ROUNDS // 4]) / median
                ratio = statistics.median(other) / median
                print(
                    f"{name:16} {x.dtype!s:8} {size:9,} elements  {median:9.1f} µs (±{spread:4.0%})  "
                    f"NumPy / Rectifier {ratio:5.2f}"
                )


if __name__ == "__main__":
    main()
