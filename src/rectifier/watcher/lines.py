"""Lines of the script: where a call comes from, and which line made which node of the autograd graph.

The latter as the last looked-at pass had it. Nodes are numbered as they are made. Counted back from the loss, the same
pass over the same lines gives the same numbers at every step, so that what a look has written down names the lines of a
later step that was not looked at.
"""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rectifier.watcher import compat, notebook

_SKIPPED_CODE = (
    str(Path(torch.__file__).parent),
    *(str(Path(__file__).parents[1] / name) for name in ("watcher", "nn", "treat")),
)


def user_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the script's own code, of those that lead here."""
    while frame is not None and _skipped(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


@cache
def _skipped(filename: str) -> bool:
    return filename.startswith(_SKIPPED_CODE)


def place_of(frame: FrameType | None) -> str:
    """`file:line` where a frame is; `cell 2, line 6` in a notebook, whose cells are files of no name."""
    if frame is None:
        return ""
    filename = frame.f_code.co_filename
    if (cell := notebook.cell(filename)) is not None:
        return f"{cell}, line {frame.f_lineno}"
    return f"{_shown(filename)}:{frame.f_lineno}"


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


#: Different passes that are kept: a game has two or three.
_PASSES = 8


class Lines:
    """Written down call by call during a look, for the steps that are not looked at."""

    def __init__(self) -> None:
        self._made: list[tuple[int, str, str]] = []
        self._passes: list[list[_Call]] = []

    def note(self, result: Tensor, frame: FrameType) -> None:
        """A call from a frame gave this result."""
        node = result.grad_fn
        if node is not None:
            self._made.append((compat.sequence_number(node), node.name(), place_of(user_frame(frame))))

    def passed(self, loss: Tensor) -> None:
        """The pass that was noted ends in this loss."""
        if self._made and loss.grad_fn is not None:
            end = compat.sequence_number(loss.grad_fn)
            calls = [_Call(end - number, name, place) for number, name, place in self._made if number <= end]
            if calls not in self._passes:
                self._passes = [*self._passes, calls][-_PASSES:]
        self._made = []

    def of(self, loss: Tensor, nodes: Sequence[Any]) -> Callable[[Any], str | None]:
        """What tells the `file:line` that made one of the nodes of a loss's graph; None where it cannot be told."""
        assert loss.grad_fn is not None
        end = compat.sequence_number(loss.grad_fn)
        names = {end - compat.sequence_number(node): node.name() for node in nodes}
        known = [[call for call in calls if call.back in names] for calls in self._passes]
        same = [
            calls
            for calls, in_graph in zip(self._passes, known, strict=True)
            if in_graph and all(names[call.back] == call.operation for call in in_graph)
        ]

        def place(node: Any) -> str | None:
            if same:
                # A call makes the nodes after those of the call before it, up to its own last one.
                back = end - compat.sequence_number(node)
                making = max((call for call in same[-1] if call.back <= back), key=lambda c: c.back, default=None)
                return making.place if making is not None else None
            places = {call.place for calls in self._passes for call in calls if call.operation == node.name()}
            return places.pop() if len(places) == 1 else None

        return place
