"""Examples that are not watched do what they say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_three_activations_learn_the_digits_in_numpy() -> None:
    run = subprocess.run(
        [sys.executable, ROOT / "examples" / "numpy_digits.py"], capture_output=True, text=True, timeout=300, check=True
    )
    title, *rows = [line.split() for line in run.stdout.splitlines()]
    assert title == ["activation", "test", "accuracy", "seconds"]
    assert [row[0] for row in rows] == ["relu", "sigmoid", "tanh"]
    assert all(float(row[1]) > 0.9 for row in rows)
    assert all(float(row[2]) > 0 for row in rows)
