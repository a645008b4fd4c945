"""The script alone, with all the calls that peers are handed: what their cost is held against."""

from typing import Any

from clinic.peers import Heard, Moment

PACKAGE = ""
TAKES_HELD_OUT = False
DRIVEN = True
ABOUT = "the script alone"


class Peer:
    def __init__(self, model: Any, optimizer: Any) -> None:
        pass

    def after_backward(self, now: Moment) -> None:
        pass

    def after_step(self, now: Moment) -> None:
        pass

    def findings(self) -> list[Heard]:
        return []
