"""Independent truth for the kernels from the definitions in mpmath: a comparison that says all when it fails."""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
from benchmarks.accuracy.decimals import Mp

mpmath.mp.dps = 40


def assert_within(
    what: str, got: np.ndarray, wanted: Callable[..., Any], x: np.ndarray, parameters: list[float], tolerance: float
) -> None:
    """Every element of `got` is at most `tolerance` ulp from what the definition `wanted` gives for x."""
    truth = [wanted(Mp, mpmath.mpf(float(element)), *parameters) for element in x]
    spacing = np.spacing(np.abs(np.array([float(t) for t in truth])).astype(x.dtype))
    error = np.array(
        [
            float(abs(mpmath.mpf(float(g)) - t) / mpmath.mpf(float(s)))
            for g, t, s in zip(got, truth, spacing, strict=True)
        ]
    )
    worst = int(np.argmax(error))
    assert error[worst] <= tolerance, (
        f"{what} {x.dtype}: input {float(x[worst])!r}, got {got[worst]!r}, wanted {mpmath.nstr(truth[worst], 20)}, "
        f"error {error[worst]:.3f} ulp, tolerance {tolerance} ulp"
    )


def sample(dtype: Any, count: int = 1500) -> np.ndarray:
    """Numbers of every size, dense where activations bend, down into the subnormals and out to saturation."""
    rng = np.random.default_rng(2015)
    info = np.finfo(dtype)
    spread: list[Any] = [
        rng.uniform(-1, 1, count),
        rng.normal(scale=6, size=count),
        -(10 ** rng.uniform(-10, 2.9, count)),
        10 ** rng.uniform(-10, 2.9, count),
        [info.tiny, -info.tiny, info.smallest_subnormal, -info.smallest_subnormal, 88.7, -88.7, -103.9, 709.7, -745.1],
    ]
    values: np.ndarray = np.concatenate(spread)
    chosen: np.ndarray = values[np.abs(values) < float(info.max)].astype(dtype)
    return chosen
