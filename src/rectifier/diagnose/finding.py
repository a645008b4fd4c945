"""What a rule says: a finding, or why it could not judge."""

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "info"]
Applicability = Literal["safe", "unsafe", "show-only"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A place in the user's network."""

    network: str | None = None  #: what holds the network (`actor`, `critics[0]`); None: no module, or none is known
    layer: str  #: dotted path in the network of the module that owns the weights, or the variable's name
    activation: str | None  #: catalogue name; None for a finding about parameters
    units: int  #: how many the layer has
    affected: int  #: how many of them are ill
    source: str | None  #: `file:line` of the call
    copies: int = 1  #: in so many copies of the network, or networks of one name trained one after the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """Something to do about it."""

    name: str  #: slug, `leaky-relu`
    summary: str  #: one sentence, with numbers of this run where they help
    applicability: Applicability = "unsafe"  #: `safe` keeps what was learned; `unsafe` changes training
    values: dict[str, float] = field(default_factory=dict)  #: what this run asks for: `{"factor": 100.0}`


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One illness at one place (or several places of one kind)."""

    rule: str  #: slug of the illness
    severity: Severity
    confidence: float  #: probability that the illness is there, by the rule's own count of evidence
    step: int | None  #: first step at which it was there
    where: tuple[Where, ...] = ()
    evidence: dict[str, float] = field(default_factory=dict)  #: the numbers behind it
    explanation: str  #: for a person: what was seen and what it means
    remedies: tuple[Remedy, ...] = ()  #: in the order in which to try them
    caused_by: str | None = None  #: rule of the finding that this one follows from
    process: int | None = None  #: which of several processes it is about, each with a training of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class NotJudged:
    """A rule that could not judge, and why."""

    rule: str
    because: str
