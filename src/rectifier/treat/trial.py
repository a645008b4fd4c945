"""A trial: the user's script under one treatment with one seed for so many steps, and what came of it.

Plain values only: trials are written to files and sent to other machines.
"""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

#: `finished`: by itself or after the steps it was given. `no-training`: it ended without enough steps to judge.
Status = Literal["finished", "crashed", "timeout", "killed", "no-training"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A remedy with the values of its parameters. `remedies.get(...).use(...)` makes it."""

    remedy: str  #: name of its file in `remedies`, `learning-rate`
    parameters: dict[str, Any] = field(default_factory=dict)  #: those that are not as the remedy has them by default
    name: str = field(default="", compare=False)  #: as reports call it, with its values; what it does is the same

    def __str__(self) -> str:
        return self.name or self.remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """One or several remedies used together; none is the script as it is.

    >>> str(Treatment(uses=(Use(remedy="learning-rate", name="lower-learning-rate x 0.1"),)))
    'lower-learning-rate x 0.1'
    >>> str(Treatment())
    'untreated'
    """

    uses: tuple[Use, ...] = ()

    def __str__(self) -> str:
        return " + ".join(map(str, self.uses)) or "untreated"

    def __hash__(self) -> int:
        return hash(self.values)

    @property
    def values(self) -> str:
        """What it does, whatever it is called."""
        return json.dumps([(use.remedy, use.parameters) for use in self.uses], sort_keys=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What is run, and how much of it."""

    command: tuple[str, ...]  #: as given to `python`: script and arguments, or `-m`, module and arguments
    directory: str  #: where the user would start it
    in_place: bool = False  #: run in that directory itself, not in a copy
    timeout: float | None = None  #: seconds after which a trial is ended; None: never
    threads: int | None = None  #: OMP_NUM_THREADS of a trial; None: as it is

    @property
    def script(self) -> str:
        """As the user calls it."""
        return f"-m {self.command[1]}" if self.command[0] == "-m" else self.command[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run of the program."""

    treatment: Treatment = Treatment()
    seed: int = 0  #: 0 is the script as it is; any other is added to every seed that the script sets
    steps: int | None = None  #: it is ended after so many optimizer steps; None: it ends by itself
    horizon: int | None = None  #: how many steps it is expected to take; schedules are laid over them
    saved: bool = False  #: whether to measure what is kept for the backward pass

    @property
    def name(self) -> str:
        """A folder's name: readable, and different for every trial."""
        values = json.dumps({**asdict(self), "treatment": self.treatment.values}, sort_keys=True)
        label = "+".join(use.remedy for use in self.treatment.uses) or "untreated"
        return f"{label[:60]}-seed{self.seed}-{hashlib.sha256(values.encode()).hexdigest()[:8]}"

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Illness:
    """A finding of a trial that is more than an information."""

    rule: str
    severity: str
    remedies: tuple[str, ...]  #: names, in the order in which the rule would try them
    caused_by: str | None
    values: dict[str, dict[str, float]] = field(default_factory=dict)  #: of those with numbers of this run, by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An activation of the network, in the order of the forward pass."""

    layer: str
    activation: str
    units: int
    dead: int  #: units that are dead at the end
    rectifies: bool
    feeds: bool = True  #: whether a layer takes what it gives; an output of the network feeds none
    bare: bool = False  #: whether what feeds it is a tensor of the script's, no module's


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a trial. Losses that are not finite are infinite; None where none was seen."""

    remedy: str  #: `str(treatment)`
    seed: int
    status: Status
    why: str = ""  #: what ended it, where it did not finish: last line of its output, the signal, the timeout
    steps: int = 0  #: optimizer steps taken
    verdict: str = "inconclusive"  #: of the diagnosis
    findings: tuple[Illness, ...] = ()
    sites: tuple[Site, ...] = ()
    first_loss: float | None = None  #: of the first step
    start_loss: float | None = None  #: median of the first five, or the first if they have tripled by then
    loss: float | None = None  #: training loss: mean over the last tenth of the steps, at least five
    best_loss: float | None = None  #: lowest mean over a tenth of the steps
    first_eval_loss: float | None = None
    #: Of the last evaluation pass, or of the best where early stopping goes back to it; of several evaluations, of the
    #: one that ends worst.
    eval_loss: float | None = None
    best_eval_loss: float | None = None
    curve: tuple[float, ...] = ()  #: training loss, means over 100 equal parts of the run
    rate: float | None = None  #: largest learning rate that was set
    step_seconds: float | None = None  #: median, of steps that were not looked at
    saved_bytes: int | None = None  #: kept by autograd between one forward and backward pass
    acted: dict[str, int] = field(default_factory=dict)  #: remedy: how often it did something
    seconds: float = 0.0  #: whole trial, start of Python included

    @property
    def illness(self) -> frozenset[str]:
        """Rules that found something."""
        return frozenset(f.rule for f in self.findings)

    @property
    def dead(self) -> int:
        """Dead units, of all layers."""
        return sum(site.dead for site in self.sites)

    @property
    def units(self) -> int:
        """Units that could be dead."""
        return sum(site.units for site in self.sites if site.rectifies)

    def save(self, path: Path) -> None:
        """Write it; in one step, so that a result is there whole or not at all."""
        half = path.with_suffix(".part")
        half.write_text(json.dumps(asdict(self), indent=1) + "\n")  # Python's own JSON keeps infinities
        half.replace(path)

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Result":
        """From the values that `asdict` gave."""
        findings = tuple(Illness(**{**f, "remedies": tuple(f["remedies"])}) for f in values["findings"])
        sites = tuple(Site(**s) for s in values["sites"])
        return cls(**{**values, "findings": findings, "sites": sites, "curve": tuple(values["curve"])})

    @classmethod
    def load(cls, path: Path) -> "Result":
        return cls.of(json.loads(path.read_text()))

    def to_dict(self) -> dict[str, Any]:
        """The shape of a trial in the JSON report. Losses that are not finite are None there: JSON has none."""
        return {
            "remedy": self.remedy,
            "seed": self.seed,
            "steps": self.steps,
            "status": self.status,
            "why": self.why,
            "findings": [f.rule for f in self.findings],
            "loss": finite(self.loss),
            "eval_loss": finite(self.eval_loss),
            "dead": self.dead,
            "seconds": round(self.seconds, 3),
        }


def unfinished(result: Result) -> str:
    """What kept the script, as it is, from training to its end, in one sentence."""
    if result.status == "no-training":
        return f"the script ran, but {result.why}" if result.steps else "the script ran, but took no training step"
    failed = {"crashed": "crashed", "timeout": "took too long", "killed": "was killed"}[result.status]
    return f"the script {failed} as it is" + (f": {result.why}" if result.status != "timeout" else "")


def finite(value: float | None) -> float | None:
    """The value, or None for one that JSON cannot hold."""
    return value if value is not None and math.isfinite(value) else None
