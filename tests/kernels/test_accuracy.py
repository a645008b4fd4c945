"""The kernels against mpmath, NumPy's float64 and exhaustive float16, for every instruction set this machine runs."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

from rectifier import _native, catalogue, ufuncs
from rectifier.catalogue import Activation
from tests.kernels.oracle import assert_within, sample

ELEMENTWISE = [member for member in catalogue.members() if member.kind == "elementwise"]
ROWWISE = [member for member in catalogue.members() if member.kind == "rowwise"]

# In ulp of the true result. One number beside the rounded truth (float32) is less than 1.5 off, two numbers (float64)
# less than 2.5. With default parameters docs/accuracy.md says what was measured.
TOLERANCE = {np.float32: 1.5, np.float64: 2.5}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("member", ELEMENTWISE, ids=lambda m: m.name)
def test_results_are_the_definitions(member: Activation, dtype: Any) -> None:
    # mpmath takes longer than all kernels together; `make accuracy` leaves out no number.
    x = sample(dtype, 100 if "RECTIFIER_ISA" in os.environ else 250)
    for parameters in (member.defaults, tuple(0.625 + p for p in member.defaults)):
        rounded = [dtype(p) for p in parameters]
        exact = [float(p) for p in rounded]
        value = ufuncs.value(member.name)(x, *rounded)
        slope = ufuncs.derivative(member.name)(x, *rounded)
        assert_within(member.name, value, member.formula, x, exact, TOLERANCE[dtype])
        assert_within(f"{member.name}'", slope, member.slope, x, exact, TOLERANCE[dtype])


@pytest.mark.parametrize(
    ("dtype", "alpha", "x"),
    [
        (np.float32, 1e20, [-100, -129.5, -130.5, -140, -149.3]),
        (np.float32, 3e38, [-1e-3, -5, -100, -190.3, -191.5, -193, -1e30]),
        (np.float64, 1e300, [-1e-3, -700, -1000.5, -1430]),
        (np.float64, 1.7e308, [-5, -789, -791, -1453.2, -1455, -1e300]),
    ],
)
def test_a_large_alpha_makes_small_exponentials_count(dtype: Any, alpha: float, x: list[float]) -> None:
    numbers = np.array(x, dtype)
    slope = ufuncs.derivative("elu")(numbers, dtype(alpha))
    assert_within("elu'", slope, catalogue.get("elu").slope, numbers, [float(dtype(alpha))], TOLERANCE[dtype])


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
    x = np.random.default_rng(1).normal(scale=5, size=(5, columns)).astype(dtype)
    # A power that is rounded before it is divided may cost a whole ulp of the quotient, whose own rounding is half of
    # one. Beside these nothing counts for float32 and, in pairs, little for float64. float16 is rounded once.
    allowed = {np.float16: 0.51, np.float32: 1.51, np.float64: 1.6}[dtype]
    for row, got in zip(x, ufuncs.value(member.name)(x), strict=True):
        numbers = [mpmath.mpf(float(element)) for element in row]
        powers = [mpmath.exp(number) for number in numbers]
        total = mpmath.fsum(powers)
        truths = [power / total if member.name == "softmax" else mpmath.log(power / total) for power in powers]
        for element, result, truth in zip(row, got, truths, strict=True):
            ulp = np.spacing(np.abs(dtype(float(truth))))
            error = abs(float((mpmath.mpf(float(result)) - truth) / mpmath.mpf(float(ulp))))
            assert error <= allowed, f"for {element!r} got {result!r}, wanted {mpmath.nstr(truth, 20)}: {error} ulp off"


def test_the_forced_instruction_set_is_used() -> None:
    assert _native.isa == os.environ.get("RECTIFIER_ISA", _native.supported_isas[-1])


@pytest.mark.long
@pytest.mark.parametrize("isa", [isa for isa in _native.built_isas if isa != _native.isa])
@pytest.mark.skipif("RECTIFIER_ISA" in os.environ, reason="this is the run of one instruction set already")
def test_every_instruction_set_passes_the_same_tests(isa: str) -> None:
    if isa not in _native.supported_isas:
        pytest.skip(f"this processor does not support {isa}")
    here = Path(__file__)
    tests = [here, here.with_name("test_every_input.py"), here.parent.parent / "test_ufuncs.py"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_smelu_of_any_beta(dtype: Any) -> None:
    """Its parabola has neither an inverse of beta nor a sum that could leave the type."""
    info = np.finfo(dtype)
    for beta in (info.smallest_subnormal * 64, info.tiny, dtype(1e-3), info.max / 4, info.max):
        x = np.array([-1, -0.5, 0, 0.25, 0.5, 1], dtype) * dtype(beta)
        got = ufuncs.value("smelu")(x, dtype(beta)) / dtype(beta)
        np.testing.assert_allclose(got, [0, 1 / 16, 1 / 4, 25 / 64, 9 / 16, 1], rtol=1e-6, atol=1 / 64)
        np.testing.assert_allclose(
            ufuncs.derivative("smelu")(x, dtype(beta)), [0, 0.25, 0.5, 0.625, 0.75, 1], rtol=1e-6
        )
