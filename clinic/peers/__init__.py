"""Peers of Rectifier on the clinic's scripts: one file per peer, used as a follower of its README would use it.

A peer's file runs in an environment of that peer alone. What it holds:

    PACKAGE          what to install, with the version; empty: nothing
    ABOUT            how it is used here, for the table
    TAKES_HELD_OUT   whether its user hands it the loss on held-out data
    DRIVEN           whether it is handed the model, the optimizer and the loss; else it begins with the script
    Peer             attached to a model and an optimizer, told of every backward call and step, asked at the end
"""

from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One finding of a peer."""

    said: str  #: in the peer's words
    means: tuple[str, ...]  #: illnesses of ours that these words name, read in the peer's favour; empty: none of them
    grave: bool  #: as the peer grades it: a warning or more


@dataclass(slots=True, kw_only=True)
class Moment:
    """What a user's training loop has at hand when it calls a peer."""

    step: int
    loss: float
    rate: float | None
    model: Any
    optimizer: Any
    held_out: float | None = None  #: loss on held-out data, where the script computes one
    batch: Any = field(default=None)  #: what the model was last called with


class Peer(Protocol):
    """How a peer is driven."""

    def __init__(self, model: Any, optimizer: Any) -> None:
        """Called before the first backward call."""

    def after_backward(self, now: Moment) -> None:
        """Gradients are there, the step is not yet taken."""

    def after_step(self, now: Moment) -> None:
        """The optimizer has stepped."""

    def findings(self) -> list[Heard]:
        """At the end, in the peer's own order."""
