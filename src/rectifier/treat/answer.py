"""What a treatment found: every arm beside the untreated one, the cure, and the change that makes it permanent.

`to_dict` is the JSON shape, which changes with `SCHEMA`.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

from rectifier.treat.trial import Result, Treatment, finite

SCHEMA = 1

#: `cured`, `nothing-helped`, `nothing-to-cure` (the untreated runs are healthy), `not-judged` (see `why`).
Outcome = Literal["cured", "nothing-helped", "nothing-to-cure", "not-judged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One treatment beside the untreated runs."""

    remedy: str
    summary: str  #: what the user would do
    control: bool  #: drawn at random, to see what a random remedy does
    results: tuple[Result, ...]  #: seed by seed
    cured: bool
    verdict: str  #: in words
    gain: float | None  #: mean paired difference, in units of the loss; positive is better; None: nothing to compare
    interval: tuple[float, float] | None  #: of the gain, at the level Holm's method gives it; None with one seed
    by: str | None  #: `eval_loss` or `loss`: what the gain is of
    bounded: bool  #: whether a level stands for one of the losses in the gain, see `paired.py`
    illness_after: tuple[str, ...]  #: rules that still find something, in any seed
    new: tuple[str, ...]  #: those of them that found nothing before

    def to_dict(self) -> dict[str, Any]:
        return {
            "remedy": self.remedy,
            "summary": self.summary,
            "control": self.control,
            "seeds": [r.seed for r in self.results],
            "cured": self.cured,
            "verdict": self.verdict,
            "by": self.by,
            "bounded": self.bounded,
            "gain": finite(self.gain),
            "interval": list(self.interval) if self.interval is not None else None,
            "illness_after": list(self.illness_after),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommended:
    """The cure."""

    remedy: str
    summary: str  #: what to do
    safety: str  #: `safe` keeps what was learned; `unsafe` changes training
    diff: str | None  #: of the user's own files; None where the place is not known
    no_diff: str = ""  #: why there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All of it."""

    script: str
    outcome: Outcome
    why: str  #: the outcome in one sentence
    illness: tuple[str, ...]  #: rules that found something in the untreated runs, causes first
    untreated: tuple[Result, ...]
    arms: tuple[Arm, ...]  #: the best first, the control last
    trials: tuple[Result, ...]  #: every trial, also those of remedies that were given up
    recommended: Recommended | None
    treatment: Treatment | None  #: the recommended one
    not_tried: tuple[tuple[str, str], ...]  #: remedies that findings name and that cannot be tried, and why
    notes: tuple[str, ...]  #: what a reader should know: trials that failed, a script that is not deterministic
    cost: float  #: seconds of all trials
    cost_ratio: float  #: of all trials over one untreated one
    folder: str  #: where the trials are kept
    whole: int | None = None  #: steps of the script's whole run; None if trials were ended before

    def to_dict(self) -> dict[str, Any]:
        """The JSON shape as Python values."""
        seen = [r.loss for r in self.untreated if r.loss is not None]
        losses = [loss for loss in seen if math.isfinite(loss)]
        evals = [r.eval_loss for r in self.untreated if r.eval_loss is not None and math.isfinite(r.eval_loss)]
        return {
            "schema": SCHEMA,
            "script": self.script,
            "outcome": self.outcome,
            "why": self.why,
            "untreated": {
                "verdict": "sick" if self.illness else self.untreated[0].verdict if self.untreated else "inconclusive",
                "findings": list(self.illness),
                "steps": max((r.steps for r in self.untreated), default=0),
                "loss": sum(losses) / len(losses) if losses and len(losses) == len(seen) else None,
                "eval_loss": sum(evals) / len(evals) if evals and len(evals) == len(self.untreated) else None,
                "dead": max((r.dead for r in self.untreated), default=0),
                "seeds": [r.seed for r in self.untreated],
            },
            "trials": [r.to_dict() for r in self.trials],
            "arms": [arm.to_dict() for arm in self.arms],
            "recommended": None
            if self.recommended is None
            else {
                "remedy": self.recommended.remedy,
                "summary": self.recommended.summary,
                "safety": self.recommended.safety,
                "diff": self.recommended.diff,
                "no_diff": self.recommended.no_diff,
            },
            "not_tried": [{"remedy": name, "because": why} for name, why in self.not_tried],
            "notes": list(self.notes),
            "cost": {"seconds": round(self.cost, 3), "untreated_runs": round(self.cost_ratio, 2)},
            "folder": self.folder,
        }
