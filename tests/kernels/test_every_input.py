"""The short form of `make accuracy`: samples of float32 and float64, every float16 and bfloat16, against the reference.

The sample holds all numbers near every place where a function changes its nature. test_accuracy.py runs this once more
for every other instruction set.
"""

from functools import cache
from typing import Any

import numpy as np
import pytest
from benchmarks.accuracy import inputs, properties, small
from benchmarks.accuracy.full import BOUND
from benchmarks.accuracy.measure import WHATS, Measured, elementwise
from benchmarks.accuracy.reference import Array, Tally, What

from rectifier import catalogue

STRIDE = 2**13 + 1  # odd, so that the last bits of the inputs vary
REACH = 128
DOUBLES = 60_000

# In ulp. A parameter other than the default costs kernels one more rounding; 1.68 was measured, for the slope of elu
# near the smallest normal float64, where the result's low part is subnormal.
ERROR_WITH_PARAMETER = {"float32": 1.5, "float64": 2.0}

each = pytest.mark.parametrize("what", WHATS)
each_member = pytest.mark.parametrize("name", elementwise())
each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@cache
def landmarks(name: str, what: What, dtype: np.dtype) -> Array:
    return inputs.landmarks(Measured(name, what, dtype).truth, dtype)


def sample(name: str, what: What, dtype: np.dtype) -> Array:
    marks = landmarks(name, what, dtype)
    wide = inputs.strided(STRIDE) if dtype == np.float32 else inputs.doubles((2,), DOUBLES, marks)
    return np.concatenate([inputs.neighbourhoods(marks, REACH, dtype), wide])


def said(measured: Measured, tally: Tally) -> str:
    return (
        f"{measured.truth.name} {measured.truth.what} {measured.dtype}, parameters {measured.parameters}: "
        f"input {tally.distance_x!r}, got {tally.distance_got!r}, wanted {tally.distance_wanted!r}, "
        f"{tally.distance} numbers away; input {tally.error_x!r}, got {tally.error_got!r}, {tally.error:.3f} ulp off; "
        f"{tally.beyond} of {tally.count} beyond {BOUND[str(measured.dtype)]} numbers"
    )


@each_type
@each
@each_member
def test_results_are_the_rounded_truth_or_beside_it(name: str, what: What, dtype: Any) -> None:
    measured = Measured(name, what, np.dtype(dtype))
    tally = measured.measure(sample(name, what, measured.dtype), BOUND[str(measured.dtype)])
    assert tally.beyond == 0, said(measured, tally)


@each_type
@each
@pytest.mark.parametrize("name", [name for name in elementwise() if catalogue.get(name).parameters])
def test_other_parameters_cost_no_more_than_a_rounding(name: str, what: What, dtype: Any) -> None:
    measured = Measured(name, what, np.dtype(dtype), [0.625 + p for p in catalogue.get(name).defaults])
    tally = measured.measure(sample(name, what, measured.dtype), BOUND[str(measured.dtype)])
    assert tally.error <= ERROR_WITH_PARAMETER[str(measured.dtype)], said(measured, tally)


@pytest.mark.parametrize("kind", small.SMALL)
@each
@each_member
def test_every_number_of_the_small_types(name: str, what: What, kind: str) -> None:
    found = small.every(catalogue.get(name), what, kind)
    assert found["wrong"] == 0, f"{name} {what} {kind}: {found}"


@each
@each_member
def test_order_range_and_symmetry(name: str, what: What) -> None:
    measured = Measured(name, what, np.dtype(np.float32))
    checks = properties.Properties(catalogue.get(name), what, measured)
    near = inputs.neighbourhoods(landmarks(name, what, measured.dtype), REACH, measured.dtype)
    for x in (inputs.strided(STRIDE), near, inputs.every(inputs.COUNT // 2 + 0x3F000000, 2**18)):
        found = checks.check(x, measured(x), overlap=0)
        assert not any(found.get(key) for key in ("falls", "outside", "asymmetric")), f"{name} {what}: {found}"


@each_type
@each
@each_member
def test_nan_stays_and_edges_are_as_stated(name: str, what: What, dtype: Any) -> None:
    measured = Measured(name, what, np.dtype(dtype))
    assert properties.nans(measured, stride=997)["nans_lost"] == 0
    assert list(properties.edges(catalogue.get(name), measured, what)) == []
    assert properties.warnings(measured) == []
