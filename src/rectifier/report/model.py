"""The report of one run: the one JSON shape that feeds every view. `SCHEMA` changes with its meaning."""

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rectifier.diagnose.diagnosis import Diagnosis, Verdict
from rectifier.diagnose.finding import Finding, NotJudged

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The run in numbers."""

    script: str
    steps: int
    looked_at: int  #: how many of the steps
    overhead: float  #: share of the process's time that watching cost, as measured inside it
    exit_code: int | None  #: None while it runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a person or a program wants to know of a run. `str(report)` is the terminal's view in plain text."""

    run: Summary
    verdict: Verdict
    findings: tuple[Finding, ...]  #: causes first
    not_judged: tuple[NotJudged, ...]

    @classmethod
    def of(cls, diagnosis: Diagnosis) -> "Report":
        """The report of a diagnosis."""
        evidence = diagnosis.evidence
        last = evidence.looks[-1] if evidence.looks else None
        unseen = [
            NotJudged(rule="watch", because=f"{detail['part']} could not be watched: {detail['error']}")
            for event, detail in evidence.events
            if event.kind == "unseen"
        ]
        return cls(
            run=Summary(
                script=evidence.run.script,
                steps=evidence.step_count,
                looked_at=len(evidence.looks),
                overhead=round(last.total / last.elapsed, 4) if last else 0.0,
                exit_code=evidence.run.exit_code,
            ),
            verdict=diagnosis.verdict,
            findings=diagnosis.findings,
            not_judged=(*unseen, *diagnosis.not_judged),
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON shape as Python values. Numbers that are not finite are left out of `evidence`: JSON has none."""
        values = {"schema": SCHEMA} | dataclasses.asdict(self)
        for finding in values["findings"]:
            finding["evidence"] = {k: v for k, v in finding["evidence"].items() if math.isfinite(v)}
        return values

    def save(self, path: Path) -> None:
        """Write the JSON file."""
        path.write_text(json.dumps(self.to_dict(), indent=2, allow_nan=False) + "\n", encoding="utf-8")

    def __str__(self) -> str:
        from rectifier.report.text import plain

        return plain(self)
