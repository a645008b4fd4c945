"""Lines of the script: where a call comes from, and which line made which node of the autograd graph.

The latter as the last looked-at pass had it. Nodes are numbered as they are made. Counted back from the loss, the same
pass over the same lines gives the same numbers at every step, so that what a look has written down names the lines of a
later step that was not looked at.
"""

from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import torch
from torch import Tensor

_SKIPPED_CODE = (
    str(Path(torch.__file__).parent),
    *(str(Path(__file__).parents[1] / name) for name in ("watcher", "nn", "treat")),
)


def user_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the script's own code, of those that lead here."""
    while frame is not None and frame.f_code.co_filename.startswith(_SKIPPED_CODE):
        frame = frame.f_back
    return frame


def place_of(frame: FrameType | None) -> str:
    """`file:line` where a frame is."""
    return "" if frame is None else f"{_shown(frame.f_code.co_filename)}:{frame.f_lineno}"


@cache
def _shown(filename: str) -> str:
    """The file relative to the working directory where it lies below it, as the user would type it."""
    try:
        return str(Path(filename).resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return filename


class _Call(NamedTuple):
    back: int  #: how many nodes before the loss's own its last node was made
    operation: str
    place: str


class Lines:
    """Written down call by call during a look, valid until the next one."""

    def __init__(self) -> None:
        self._made: list[tuple[int, str, str]] = []
        self._calls: list[_Call] = []

    def note(self, result: Tensor, frame: FrameType) -> None:
        """A call from a frame gave this result."""
        node = result.grad_fn
        if node is not None:
            self._made.append((node._sequence_nr(), node.name(), place_of(user_frame(frame))))

    def passed(self, loss: Tensor) -> None:
        """The pass that was noted ends in this loss."""
        if self._made and loss.grad_fn is not None:
            end = loss.grad_fn._sequence_nr()
            self._calls = [_Call(end - number, name, place) for number, name, place in self._made if number <= end]
        self._made = []

    def of(self, loss: Tensor, node: Any) -> str | None:
        """The `file:line` that made a node of the graph of a loss; None where passes differ too much to tell."""
        assert loss.grad_fn is not None
        back = loss.grad_fn._sequence_nr() - node._sequence_nr()
        # A call makes the nodes after those of the call before it, up to its own last one.
        making = max((call for call in self._calls if call.back <= back), key=lambda call: call.back, default=None)
        if making is not None and (making.back < back or making.operation == node.name()):
            return making.place
        places = {call.place for call in self._calls if call.operation == node.name()}
        return places.pop() if len(places) == 1 else None
