"""Rectifier as the clinic sees it: the command, run on one script, and the JSON report that it writes."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from clinic.cases import Case

#: Seconds after which a script counts as hanging.
LIMIT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One finding, as far as the clinic judges it."""

    rule: str
    grave: bool  #: an error or a warning
    layers: frozenset[str]  #: of which at least half of the units are said to be ill
    confidence: float
    cause: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was said of one script."""

    name: str
    findings: tuple[Said, ...]  #: in the order in which they were said
    steps: int
    looked_at: int
    overhead: float
    failure: str | None  #: why nothing was said


def examine(case: Case, reports: Path) -> Examined:
    """`rectifier run --json REPORT SCRIPT`, in an empty folder; the report is kept in `reports`."""
    reports.mkdir(parents=True, exist_ok=True)
    file = reports / f"{case.name}.json"
    file.unlink(missing_ok=True)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [Path(sys.executable).with_name("rectifier"), "run", "--json", file, case.script],
                cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return _nothing(case, f"no end in {LIMIT} s")
    if not file.exists():
        return _nothing(case, (done.stderr.strip().splitlines() or ["no report"])[-1])
    return read(case, reports)


def read(case: Case, reports: Path) -> Examined:
    """What was said of a script that has been examined before."""
    file = reports / f"{case.name}.json"
    if not file.exists():
        return _nothing(case, f"there is no {file}: run python -m clinic")
    report = json.loads(file.read_text())
    return Examined(
        name=case.name,
        findings=tuple(
            Said(
                rule=f["rule"],
                grave=f["severity"] != "info",
                layers=frozenset(w["layer"] for w in f["where"] if 2 * w["affected"] >= w["units"]),
                confidence=f["confidence"],
                cause=f["caused_by"],
            )
            for f in report["findings"]
        ),
        steps=report["run"]["steps"],
        looked_at=report["run"]["looked_at"],
        overhead=report["run"]["overhead"],
        failure=None,
    )


def _nothing(case: Case, why: str) -> Examined:
    return Examined(name=case.name, findings=(), steps=0, looked_at=0, overhead=0.0, failure=why)
