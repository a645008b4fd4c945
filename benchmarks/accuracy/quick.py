"""A look at one member while its kernel is being written: seconds, and the worst cases."""

import time
from collections.abc import Sequence

import numpy as np

from benchmarks.accuracy.measure import WHATS, Measured, pieces, sample_double, sample_float
from benchmarks.accuracy.reference import Tally
from rectifier import _native

# Chosen by us, to take seconds: 2^24 of the 2^32 float32 numbers, and a million float64 numbers.
STRIDE, REACH, DOUBLES = 256, 4096, 2**20


def quick(name: str, parameters: Sequence[float] | None, jobs: int) -> bool:
    """Print what is found; True if every result is within 1 (float32) or 2 (float64) numbers of the truth rounded."""
    good = True
    for what in WHATS:
        for dtype, bound in ((np.dtype(np.float32), 1), (np.dtype(np.float64), 2)):
            started = time.perf_counter()
            measured = Measured(name, what, dtype, parameters)
            if dtype == np.float32:
                x = sample_float(measured, STRIDE, REACH)
            else:
                x = sample_double(measured, DOUBLES, REACH // 8)
            tallies = list(measured.tallies(pieces(x, 2**17), bound, jobs))
            total = Tally()
            for tally in tallies:
                total.add(tally)
            good &= total.beyond == 0
            print(
                f"{name} {what} {dtype} {_native.isa}: {total.distance} from rounded at most ({total.beyond} beyond "
                f"{bound}), {total.error:.4f} ulp from the truth, {1 - total.wrong / total.count:.4%} correctly "
                f"rounded, of {total.count} ({time.perf_counter() - started:.1f} s)"
            )
            if total.zero_signs:
                where = float(total.zero_x).hex()
                print(f"    {total.zero_signs} zeros for a small truth of the other sign, as for {where}")
            for tally in sorted(tallies, key=lambda tally: -max(tally.error, tally.distance / 2))[:5]:
                if tally.error > 0.5:
                    print(_case(tally, dtype))
    return good


def _case(tally: Tally, dtype: np.dtype) -> str:
    def shown(x: float) -> str:
        return f"{dtype.type(x)!s} ({float(x).hex()})"

    return (
        f"    {tally.error:.4f} ulp (distance up to {tally.distance}) for {shown(tally.error_x)}: "
        f"got {shown(tally.error_got)}, wanted {shown(tally.error_wanted)}"
    )
