"""Runs every rule over a record and ranks what they found by cause."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rectifier.diagnose.evidence import Evidence
from rectifier.diagnose.finding import Finding, NotJudged
from rectifier.diagnose.rules import Rule, rules
from rectifier.record.reader import Record
from rectifier.record.rows import Process, Step

Verdict = Literal["sick", "healthy", "inconclusive"]

#: With fewer steps than this nothing can be said to be well. Chosen by us: no statistic here has three
#: independent looks before.
FEWEST_STEPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The verdict, the findings (causes first) and what could not be judged."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    not_judged: tuple[NotJudged, ...]
    evidence: Evidence


def diagnose(record: Record) -> Diagnosis:
    """Judge one run; of several processes that trained networks of their own each by itself."""
    evidence = Evidence(record)
    apart = [part for part in record.apart() if part.rows(Step)]
    if len(apart) < 2:
        findings, not_judged = _judge(evidence)
        return Diagnosis(
            verdict=_verdict(findings, evidence), findings=findings, not_judged=not_judged, evidence=evidence
        )
    found: list[Finding] = []
    reasons: dict[NotJudged, list[int]] = {}
    for part in apart:
        process = part.rows(Process)[0].process
        its, unjudged = _judge(Evidence(part))
        found += [replace(finding, process=process) for finding in its]
        for reason in unjudged:
            reasons.setdefault(reason, []).append(process)
    found.sort(key=lambda finding: finding.severity == "info")
    return Diagnosis(
        verdict=_verdict(tuple(found), evidence),
        findings=tuple(found),
        not_judged=tuple(_of_some(reason, its, len(apart)) for reason, its in reasons.items()),
        evidence=evidence,
    )


def _judge(evidence: Evidence) -> tuple[tuple[Finding, ...], tuple[NotJudged, ...]]:
    findings: list[Finding] = []
    not_judged: list[NotJudged] = []
    for rule in rules().values():
        result = rule.check(evidence)
        if isinstance(result, str):
            not_judged.append(NotJudged(rule=rule.slug, because=result))
        else:
            findings.extend(result)
    return rank(findings, sorted({look.step for look in evidence.looks})), tuple(not_judged)


def _of_some(reason: NotJudged, processes: list[int], count: int) -> NotJudged:
    """A reason with the processes that it holds for, unless that is all of them."""
    if len(processes) == count:
        return reason
    numbers = ", ".join(map(str, processes))
    return replace(reason, because=f"process{'es' if len(processes) > 1 else ''} {numbers}: {reason.because}")


def _verdict(findings: tuple[Finding, ...], evidence: Evidence) -> Verdict:
    if any(f.severity != "info" for f in findings):
        return "sick"
    seen = evidence.step_count >= FEWEST_STEPS and not evidence.unwatched
    return "healthy" if seen else "inconclusive"


def _can_cause(cause: Finding, effect: Finding, looked: Sequence[int]) -> bool:
    """Causes come first, and what is there before the first update no learning rate has caused.

    A finding's step is the look that showed it; what is first seen at a look may be there since the look before.
    """
    if cause.rule == "learning-rate-too-high" and effect.step == 0:
        return False
    if cause.step is None or effect.step is None or cause.step <= effect.step:
        return True
    before = bisect_left(looked, cause.step) - 1
    return before >= 0 and looked[before] < effect.step


def rank(findings: list[Finding], looked: Sequence[int] = ()) -> tuple[Finding, ...]:
    """Findings with their causes named, each cause before what follows from it, the gravest first among equals.

    `looked` are the steps that were looked at, in order.
    """
    known: dict[str, Rule] = rules()
    ill = {f.rule: f for f in findings if f.severity != "info"}
    cause_of: dict[str, str] = {}

    def chain(rule: str) -> list[str]:
        found = [rule]
        while found[-1] in cause_of:
            found.append(cause_of[found[-1]])
        return found

    for f in sorted(ill.values(), key=lambda f: -1 if f.step is None else f.step):
        for cause in known[f.rule].follows_from:
            if cause in ill and _can_cause(ill[cause], f, looked) and f.rule not in chain(cause):
                cause_of[f.rule] = cause
                break
    named = [replace(f, caused_by=cause_of.get(f.rule) if f.severity != "info" else None) for f in findings]

    def depth(f: Finding) -> int:
        return len(chain(f.rule)) if f.severity != "info" else 0

    gravity = {"error": 0, "warning": 1, "info": 2}
    return tuple(sorted(named, key=lambda f: (f.severity == "info", depth(f), gravity[f.severity], -f.confidence)))
