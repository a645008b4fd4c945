"""The generated polynomials are what their generator writes."""

import subprocess
import sys
from pathlib import Path


def test_generated_coefficients_are_current() -> None:
    fit = Path(__file__).parents[2] / "kernels" / "math" / "fit.py"
    run = subprocess.run([sys.executable, fit, "--check"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
