"""What a comparison of activations found. `to_dict` is the JSON shape, which changes with `SCHEMA`."""

from dataclasses import dataclass
from typing import Any

from rectifier.treat.trial import Result, finite

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A number over the seeds."""

    mean: float
    deviation: float  #: standard deviation; 0 for one seed

    def to_dict(self) -> dict[str, float | None]:
        return {"mean": finite(self.mean), "deviation": finite(self.deviation)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One activation."""

    activation: str
    is_reference: bool  #: the script as it is
    results: tuple[Result, ...]  #: seed by seed
    loss: Spread | None  #: training loss at the end
    best_loss: Spread | None
    eval_loss: Spread | None  #: of the last evaluation pass; None where none is seen
    best_eval_loss: Spread | None
    steps_to_reference: (
        Spread | None
    )  #: until the training loss is what the reference ends with; None: not with all seeds
    seconds_to_reference: Spread | None
    dead: int  #: units, in the worst seed
    units: int
    saved_bytes: int | None  #: kept for the backward pass of one step, median
    step_seconds: float | None  #: median
    gain: float | None  #: how much lower the loss ends than the reference's
    interval: tuple[float, float] | None
    failed: str  #: why a trial did not finish; empty if all did

    def to_dict(self) -> dict[str, Any]:
        spreads = ("loss", "best_loss", "eval_loss", "best_eval_loss", "steps_to_reference", "seconds_to_reference")
        return {
            "activation": self.activation,
            "reference": self.is_reference,
            **{name: None if (s := getattr(self, name)) is None else s.to_dict() for name in spreads},
            "dead": self.dead,
            "units": self.units,
            "saved_bytes": self.saved_bytes,
            "step_seconds": self.step_seconds,
            "gain": finite(self.gain),
            "interval": None if self.interval is None else [finite(v) for v in self.interval],
            "failed": self.failed,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All activations, the best first."""

    script: str
    reference: str
    by: str  #: `eval_loss` or `loss`: what they are ranked by
    answer: str  #: one sentence
    choices: tuple[Choice, ...]
    trials: tuple[Result, ...]
    seconds: float
    folder: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "script": self.script,
            "reference": self.reference,
            "by": self.by,
            "answer": self.answer,
            "activations": [choice.to_dict() for choice in self.choices],
            "trials": [r.to_dict() for r in self.trials],
            "seconds": round(self.seconds, 3),
            "folder": self.folder,
        }
