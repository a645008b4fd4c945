"""Where text goes: a terminal, or a file, whose lines end without the blanks that fill those of a terminal."""

import re
from typing import IO, Any, cast

from rich.console import Console

_BLANKS = re.compile(r"[ \t]+$", re.MULTILINE)


def trimmed(text: str) -> str:
    """The text without blanks at the ends of its lines.

    >>> trimmed("a  b  \\n  c\\n  \\n")
    'a  b\\n  c\\n\\n'
    """
    return _BLANKS.sub("", text)


def console(*, stderr: bool = False) -> Console:
    """A console on standard output or error."""
    found = Console(stderr=stderr, highlight=False)
    if not found.is_terminal:
        found.file = cast("IO[str]", _Trimmed(found.file))
    return found


class _Trimmed:
    """A text file that is written without blanks at the ends of lines. Rich writes whole lines at a time."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(trimmed(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
