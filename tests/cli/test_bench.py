"""`rectifier bench`, run as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rectifier import _native

QUICK = ("--rounds", "1", "--seconds", "0", "--peers", "numpy_usual")


def bench(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rectifier", "bench", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "140", "PYTHONIOENCODING": "utf-8", **environment},
    )


def test_it_shows_and_writes(tmp_path: Path) -> None:
    run = bench("relu", "elu", "--sizes", "4096,2^13", "--out", "--json", tmp_path / "b.json",
                "--markdown", tmp_path / "b.md", *QUICK)  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "ns/elem" in run.stdout
    assert "2^13" in run.stdout
    found = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    assert {(cell["member"], cell["elements"], cell["mode"]) for cell in found["cells"]} == {
        (name, size, "out") for name in ("relu", "elu") for size in (4096, 8192)
    }
    page = (tmp_path / "b.md").read_text(encoding="utf-8")
    assert page.startswith("# ")
    assert str(tmp_path) not in page


def test_info_says_what_it_would_run_on() -> None:
    run = bench("--info", RECTIFIER_ISA=_native.built_isas[0])
    assert run.returncode == 0, run.stderr
    lines = dict(line.split(maxsplit=1) for line in run.stdout.replace("instruction set", "isa").splitlines())
    assert lines["isa"].startswith(_native.built_isas[0])
    assert lines["built"] == ", ".join(_native.built_isas)
    assert lines["threads"].isdecimal()
    assert lines["numpy_usual"].startswith("numpy 2")
    assert "jax_jit" in lines


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rellu"], "did you mean 'relu'?"),
        (["--sizes", "many"], "'many' is no number of elements"),
        (["--sizes", "1"], "from 2 to 2^32"),
        (["--sizes", "2^99"], "from 2 to 2^32"),
        (["--dtypes", "float31"], "did you mean 'float32'?"),
        (["--dtypes", ","], "name at least one type"),
        (["--what", "slope"], "unknown quantity 'slope'"),
        (["--peers", "numpy_usua"], "did you mean 'numpy_usual'?"),
        (["--rounds", "0"], "--rounds"),
        (["--json", "no/such/folder/b.json"], "--json 'no/such/folder/b.json' cannot be written"),
        (["--markdown", "."], "--markdown '.' cannot be written"),
    ],
)
def test_bad_options_are_explained(arguments: list[str], said: str) -> None:
    run = bench(*arguments, *([] if "--peers" in arguments or "--rounds" in arguments else QUICK))
    assert run.returncode == 2, run.stdout
    assert said in " ".join(run.stderr.split())
    assert run.stdout == ""
    assert "Traceback" not in run.stderr
