"""The same script with other random numbers: seed k is added to every seed that the script sets.

Seed 0 leaves them as they are. What the script never seeds is seeded at the start, so that two trials of one seed
draw the same numbers. `torch.Generator().manual_seed` cannot be reached: torch does not let it be replaced.
"""

import functools
import random
from collections.abc import Callable
from typing import Any

#: Between the seeds of two trials, so that a script that uses 0, 1, 2, ... itself meets none of them again.
STRIDE = 1_000_003


def begin(seed: int) -> None:
    """Python's and NumPy's generators, before the script starts."""
    import numpy as np

    random.seed(seed * STRIDE)
    np.random.seed(_numpys(seed * STRIDE))
    np.random.default_rng = _of_numpy(np.random.default_rng, seed)
    if seed:
        _offset(random, "seed", seed, lambda value: value)
        _offset(np.random, "seed", seed, _numpys)


def attach(seed: int) -> None:
    """torch's generators, once it is there."""
    import torch

    torch.manual_seed(seed * STRIDE)
    if seed:
        for place in (torch, torch.random, torch.cuda, torch.cuda.random):
            for name in ("manual_seed", "manual_seed_all"):
                if hasattr(place, name):
                    _offset(place, name, seed, lambda value: value)


def _of_numpy(default_rng: Callable[..., Any], offset: int) -> Callable[..., Any]:
    import numpy as np

    made = 0

    @functools.wraps(default_rng)
    def seeded(seed: Any = None) -> Any:
        nonlocal made
        if seed is None:
            made += 1
            return default_rng([offset, made])
        return default_rng(seed + offset * STRIDE if isinstance(seed, int | np.integer) else seed)

    return seeded


def _numpys(value: int) -> int:
    return value % 2**32


def _offset(place: Any, name: str, seed: int, fit: Callable[[int], int]) -> None:
    original = getattr(place, name)

    @functools.wraps(original)
    def seeded(given: Any = None, *args: Any, **kwargs: Any) -> Any:
        given = kwargs.pop("seed", kwargs.pop("a", given))
        if given is None:
            given = 0  # from the clock, the script would have said
        try:
            given = fit(int(given) + seed * STRIDE)
        except (TypeError, ValueError):
            pass  # a text, an array: it is used as it is
        return original(given, *args, **kwargs)

    setattr(place, name, seeded)
