"""The report of one run: the one JSON shape that feeds every view. `SCHEMA` changes with its meaning."""

import dataclasses
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rectifier.diagnose.diagnosis import Diagnosis, Verdict
from rectifier.diagnose.evidence import Evidence
from rectifier.diagnose.finding import Finding, NotJudged
from rectifier.record.runs import Run

SCHEMA = 1
#: So many steps at the end of a run, or this share of it, may be unseen without a word.
UNSEEN, LAST = 500, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The run in numbers."""

    script: str
    steps: int
    looked_at: int  #: how many of the steps
    overhead: float  #: share of the process's time that watching cost, as measured inside it
    exit_code: int | None  #: None while it runs, and of a block watched by `rectifier.watch()`, which has none
    ended_by: str | None = None  #: the option of Rectifier that ended the script, and the signals it was sent
    raised: str | None = None  #: the class of the exception that ended a block watched by `rectifier.watch()`
    processes: int = 1  #: that trained, and left a record
    watched: bool = True  #: whether nothing essential was missed; else `unwatched` says what
    unwatched: str | None = None  #: why the run, or a part of it, could not be watched
    backward_calls: int | None = None  #: how many there were, where none was followed by a step
    torch: str | None = None  #: its release, where something trained
    networks: tuple[str, ...] = ()  #: what holds each network that was trained
    command: tuple[str, ...] = ()  #: what `rectifier run` was given to run; empty where a part of a process was watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a person or a program wants to know of a run. `str(report)` is the terminal's view in plain text."""

    run: Summary
    verdict: Verdict
    findings: tuple[Finding, ...]  #: causes first
    not_judged: tuple[NotJudged, ...]
    notes: tuple[str, ...] = ()  #: what a reader should know of the circumstances

    @classmethod
    def of(cls, diagnosis: Diagnosis) -> "Report":
        """The report of a diagnosis."""
        evidence = diagnosis.evidence
        last = evidence.looks[-1] if evidence.looks else None
        told = [
            f"{d['lost']}: {d['error']}" if "lost" in d else f"{d['part']} could not be watched: {d['error']}"
            for e, d in evidence.events
            if e.kind == "unseen"
        ]
        told += _after_the_last_look(evidence)
        unseen = [NotJudged(rule="watch", because=because) for because in dict.fromkeys(told)]
        return cls(
            run=Summary(
                script=evidence.run.script,
                steps=evidence.step_count,
                looked_at=sum(look.looks for look in evidence.looks),
                overhead=round(last.total / last.elapsed, 4) if last else 0.0,
                exit_code=evidence.run.exit_code,
                ended_by=evidence.run.ended_by,
                raised=evidence.run.raised,
                processes=max(1, len(evidence.processes)),
                watched=not evidence.unwatched,
                unwatched="; ".join(evidence.unwatched) or None,
                backward_calls=evidence.unstepped[0] if evidence.unstepped is not None else None,
                torch=evidence.versions.get("torch"),
                networks=evidence.networks.names,
                command=_command(evidence.run),
            ),
            verdict=diagnosis.verdict,
            findings=diagnosis.findings,
            not_judged=(*unseen, *_missing(evidence), *diagnosis.not_judged),
            notes=tuple(_notes(evidence)),
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON shape as Python values. Numbers that are not finite are left out of `evidence`: JSON has none."""
        values = {"schema": SCHEMA} | dataclasses.asdict(self)
        for finding in values["findings"]:
            finding["evidence"] = {k: v for k, v in finding["evidence"].items() if math.isfinite(v)}
            for remedy in finding["remedies"]:
                del remedy["values"]  # for `treat`, in this process
        return values

    def save(self, path: Path) -> None:
        """Write the JSON file."""
        path.write_text(json.dumps(self.to_dict(), indent=2, allow_nan=False) + "\n", encoding="utf-8")

    def __str__(self) -> str:
        from rectifier.report.text import plain

        return plain(self)


def _after_the_last_look(evidence: Evidence) -> Iterator[str]:
    """From which step on nothing was seen, if that is more than a little of the run."""
    if not evidence.looks:
        return
    last, end = max(look.step for look in evidence.looks), evidence.step_count - 1
    if end - last > max(UNSEEN, LAST * end):
        yield f"no step after {last} was looked at, of {end + 1}: what is said of units is what was seen until then"


def _command(run: Run) -> tuple[str, ...]:
    if not run.launched:
        return ()
    module = run.script.removeprefix("-m ")
    return (*(("-m", module) if module != run.script else (module,)), *run.arguments)


def _notes(evidence: Evidence) -> Iterator[str]:
    """What a reader should know of the circumstances."""
    if newest := evidence.versions.get("newest_tested"):
        yield (
            f"torch {evidence.versions['torch']} is newer than {newest}, the newest release that this Rectifier was "
            "tested with"
        )


def _missing(evidence: Evidence) -> Iterator[NotJudged]:
    """What of the record was lost, and which processes left none."""
    ranks = {p.rank for p in evidence.processes if p.world > 1}
    world = max((p.world for p in evidence.processes), default=1)
    if ranks and len(ranks) < world:
        yield NotJudged(rule="watch", because=f"{len(ranks)} of {world} ranks were seen: {_listed(ranks)}")
    for event, detail in evidence.events:
        if event.kind == "ended" and detail.get("lost"):
            yield NotJudged(rule="watch", because=f"{detail['lost']} rows of the record could not be written in time")
    for command in evidence.unfollowed:
        yield NotJudged(
            rule="watch",
            because=f"a shell started `{command}`: what that trained, if it did, was not seen. Started without a shell "
            "(`subprocess.run([...])`), it would be",
        )
    for text in evidence.lost:
        yield NotJudged(rule="watch", because=f"the end of the record was lost: {text}")
    if evidence.unended and evidence.run.ended is not None and not evidence.lost:
        by = evidence.run.ended_by
        how = "was killed, or its disk was full" if by is None else f"was ended by {by}"
        yield NotJudged(
            rule="watch",
            because=f"the record of {_processes(evidence)} breaks off: it {how}. Up to a quarter of a second at the "
            "end of the run may be missing",
        )


def _processes(evidence: Evidence) -> str:
    numbers = [p.process for p in evidence.unended]
    return "the process" if len(evidence.processes) <= 1 else f"process {_listed(numbers)}"


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
