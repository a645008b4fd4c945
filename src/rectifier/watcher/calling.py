"""Calling a torch function from the watcher so that its warnings point at the line that they always point at.

A warning names the line that called: from C++ the frame that runs, from Python the frame so many levels up. Seen
through the watcher that would be one of its own lines, a filter by module would not match, and what is shown once per
place would be shown twice. So the call is made in a frame that bears the caller's file, line and globals, and levels
are counted without the frames that are there only because of the watcher.
"""

import sys
import warnings
from functools import lru_cache
from types import CodeType, FrameType, FunctionType
from typing import Any

NAME = "_as_if_by_its_caller"
_THROUGH_TORCH = "handle_torch_function"  # torch/overrides.py: how a function written in Python reaches a mode


_call = lambda function, args, kwargs: function(*args, **kwargs)  # noqa: E731  all on its first line


@lru_cache(maxsize=10_000)
def _code(filename: str, line: int) -> CodeType:
    return _call.__code__.replace(co_filename=filename, co_firstlineno=line, co_name=NAME, co_qualname=NAME)


def caller(frame: FrameType) -> FrameType:
    """The frame that called a torch function, given the one that the mode was entered from."""
    if frame.f_code.co_name == _THROUGH_TORCH and frame.f_back is not None and frame.f_back.f_back is not None:
        return frame.f_back.f_back
    return frame


def call(frame: FrameType, function: Any, args: Any, kwargs: Any) -> Any:
    """`function(*args, **kwargs)` as if the line called it that `frame` is at."""
    code = _code(frame.f_code.co_filename, frame.f_lineno or frame.f_code.co_firstlineno)
    return FunctionType(code, frame.f_globals)(function, args, kwargs)


class Warnings:
    """`warnings.warn` while functions are seen: levels above the watcher's frames are counted as if without them."""

    def __init__(self) -> None:
        self._original: Any = None

    def install(self) -> None:
        """Replace it."""
        if self._original is not None:
            return
        original = self._original = warnings.warn

        def warn(message: Any, category: Any = None, stacklevel: int = 1, source: Any = None, **options: Any) -> None:
            original(message, category, stacklevel + 1 + _added(sys._getframe(1), stacklevel), source, **options)

        self._installed = warnings.warn = warn

    def uninstall(self) -> None:
        """Put back what was there, unless the script has put something of its own there since."""
        if self._original is not None and warnings.warn is self._installed:
            warnings.warn = self._original
        self._original = None


def _added(frame: FrameType | None, levels: int) -> int:
    """How many frames among the first `levels` (as the script counts them) are there because of the watcher."""
    added = 0
    while frame is not None and levels > 1:
        if frame.f_code.co_name == NAME:
            # Below it: `call`, the mode, perhaps torch's two, and the caller, whose place this frame has taken.
            mode = frame.f_back.f_back if frame.f_back is not None else None
            above = mode.f_back if mode is not None else None
            frame = caller(above) if above is not None else None
            added += 3 if frame is above else 5
        if frame is not None:
            frame = frame.f_back
        levels -= 1
    return added
