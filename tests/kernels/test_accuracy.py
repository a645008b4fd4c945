"""The kernels against mpmath, NumPy's float64 and exhaustive float16, for every instruction set this machine runs."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rectifier import _native, catalogue, ufuncs
from rectifier.catalogue import Activation
from tests.kernels.oracle import assert_within, sample

ELEMENTWISE = [member for member in catalogue.members() if not member.rowwise]
ROWWISE = [member for member in catalogue.members() if member.rowwise]

# Measured on 4 x 1500 numbers with each instruction set: at most 0.98 ulp with default parameters, in both types.
# A parameter other than 1 costs one more rounding.
TOLERANCE = 1.0
TOLERANCE_WITH_PARAMETER = 1.5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("member", ELEMENTWISE, ids=lambda m: m.name)
def test_within_an_ulp_of_the_definition(member: Activation, dtype: Any) -> None:
    x = sample(dtype)
    for parameters, tolerance in (
        (member.defaults, TOLERANCE),
        (tuple(0.625 + p for p in member.defaults), TOLERANCE_WITH_PARAMETER),
    ):
        rounded = [dtype(p) for p in parameters]
        exact = [float(p) for p in rounded]
        value = ufuncs.value(member.name)(x, *rounded)
        slope = ufuncs.derivative(member.name)(x, *rounded)
        assert_within(member.name, value, member.formula, x, exact, tolerance)
        assert_within(f"{member.name}'", slope, member.slope, x, exact, tolerance)


@pytest.mark.parametrize("member", ELEMENTWISE, ids=lambda m: m.name)
def test_float16_is_float32_rounded_for_every_number(member: Activation) -> None:
    x = np.arange(2**16, dtype=np.uint16).view(np.float16)
    parameters = [np.float16(p) for p in member.defaults]
    wide = [np.float32(p) for p in parameters]
    for ufunc in (ufuncs.value(member.name), ufuncs.derivative(member.name)):
        got = ufunc(x, *parameters)
        with np.errstate(over="ignore"):
            wanted = ufunc(x.astype(np.float32), *wide).astype(np.float16)
        np.testing.assert_array_equal(got, wanted)
        np.testing.assert_array_equal(np.signbit(got), np.signbit(wanted))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("member", ELEMENTWISE, ids=lambda m: m.name)
def test_both_in_one_pass_are_the_same_as_one_by_one(member: Activation, dtype: Any) -> None:
    x = sample(np.float32).astype(np.float64).clip(-6e4, 6e4).astype(dtype)
    parameters = [dtype(p) for p in member.defaults]
    value, slope = ufuncs.value_and_derivative(member.name)(x, *parameters)
    np.testing.assert_array_equal(value, ufuncs.value(member.name)(x, *parameters))
    np.testing.assert_array_equal(slope, ufuncs.derivative(member.name)(x, *parameters))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("columns", [1, 2, 15, 16, 17, 100, 1000])
@pytest.mark.parametrize("member", ROWWISE, ids=lambda m: m.name)
def test_rows_follow_the_definition(member: Activation, columns: int, dtype: Any) -> None:
    x = np.random.default_rng(1).normal(scale=5, size=(20, columns)).astype(dtype)
    got = ufuncs.value(member.name)(x)
    wanted = member.formula(np, x.astype(np.longdouble))
    # Measured with each instruction set, over rows of up to 100,000: 1.11 ulp for float32, 1.31 for float64.
    error = np.abs(got.astype(np.longdouble) - wanted) / np.spacing(wanted.astype(dtype))
    worst = np.unravel_index(np.argmax(error), x.shape)
    assert error[worst] <= 1.5, f"got {got[worst]!r}, wanted {wanted[worst]!r}, error {error[worst]} ulp"


def test_the_forced_instruction_set_is_used() -> None:
    assert _native.isa == os.environ.get("RECTIFIER_ISA", _native.supported_isas[-1])


@pytest.mark.parametrize("isa", [isa for isa in _native.built_isas if isa != _native.isa])
@pytest.mark.skipif("RECTIFIER_ISA" in os.environ, reason="this is the run of one instruction set already")
def test_every_instruction_set_passes_the_same_tests(isa: str) -> None:
    if isa not in _native.supported_isas:
        pytest.skip(f"this processor does not support {isa}")
    here = Path(__file__)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", here, here.parent.parent / "test_ufuncs.py"],
        env=os.environ | {"RECTIFIER_ISA": isa},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("isa", ["sse9", ""])
def test_an_unknown_instruction_set_is_an_import_error(isa: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import rectifier; rectifier.relu"],
        env=os.environ | {"RECTIFIER_ISA": isa},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert f"ImportError: RECTIFIER_ISA={isa} is not an instruction set Rectifier was built for" in run.stderr
    assert "baseline" in run.stderr
