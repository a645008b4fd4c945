"""What was said of a run, held against its truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clinic.sweep.setting import Drawn
from clinic.sweep.truth import Answer, Truth, truth
from rectifier.diagnose.finding import Finding
from rectifier.report.model import Report

GOOD_NEWS = "sparse-activations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One run."""

    drawn: Drawn
    truth: Truth
    findings: tuple[Finding, ...]  #: errors and warnings, in the order in which they were said
    noted: frozenset[str]  #: rules that gave information

    @property
    def state(self) -> str:
        return "healthy" if self.truth.healthy else "ill" if self.truth.ill else "undecided"

    @property
    def named(self) -> frozenset[str]:
        return frozenset(f.rule for f in self.findings)

    @property
    def first(self) -> Answer | None:
        """What is true of the first finding; None if there is none."""
        return self.truth.illnesses[self.findings[0].rule] if self.findings else None

    @property
    def missed(self) -> frozenset[str]:
        return self.truth.ill - self.named

    @property
    def wrong(self) -> frozenset[str]:
        """Rules that were said and are not true."""
        return frozenset(rule for rule in self.named if self.truth.illnesses[rule] == "well")

    @property
    def layers_right(self) -> bool | None:
        """Whether the layers that are named dead are those measured as dead: all from 90% on, none under a half. None
        where no dead layer was rightly found."""
        dead = [f for f in self.findings if f.rule in ("dying-relu", "born-dead-relu")]
        if not dead or not any(self.truth.illnesses[f.rule] == "ill" for f in dead):
            return None
        named = {w.layer for f in dead for w in f.where if 2 * w.affected >= w.units}
        most = {layer for layer, share in self.truth.dead.items() if share >= 0.9}
        return most <= named <= {layer for layer, share in self.truth.dead.items() if share >= 0.5}


def judge(drawn: Drawn, result: dict[str, Any], report: Report) -> Judged:
    """Judge one run."""
    return Judged(
        drawn=drawn,
        truth=truth(result),
        findings=tuple(f for f in report.findings if f.severity != "info"),
        noted=frozenset(f.rule for f in report.findings if f.severity == "info"),
    )


def line(j: Judged) -> str:
    """One line for a person: the run, what is true, what was said."""
    said = ", ".join(f"{f.rule} {f.confidence:.2g}" for f in j.findings) or "nothing"
    true = ", ".join(sorted(j.truth.ill)) or j.state
    unsure = ", ".join(sorted(n for n, a in j.truth.illnesses.items() if a == "undecided"))
    return f"{j.drawn.number} {j.drawn.setting} | come {j.truth.come:.2f} | {true}" + (
        f" (undecided: {unsure})" if unsure else "") + f" | {said}"  # fmt: skip


def misjudged(all_of: list[Judged]) -> Iterator[Judged]:
    """Runs with an illness missed, or something said that is not true."""
    yield from (j for j in all_of if j.missed or j.wrong)
