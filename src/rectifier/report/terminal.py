"""Where text goes: a terminal, or a file, whose lines end without the blanks that fill those of a terminal."""

import re
from collections.abc import Mapping
from typing import IO, Any, cast

from rich.console import Console
from rich.text import Text

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


def verbatim(found: Console, text: str, styles: Mapping[str, str]) -> None:
    """Write what is to be copied or read by a program: whole lines, to a file with every character as it is.

    `styles` of lines on a terminal, by what a line begins with.
    """
    if not found.is_terminal:
        file = found.file._file if isinstance(found.file, _Trimmed) else found.file
        file.write(text)
        return
    for line in text.removesuffix("\n").split("\n"):
        style = next((styles[start] for start in styles if line.startswith(start)), "")
        found.print(Text(line, style=style), soft_wrap=True)  # neither wrapped nor cropped


class _Trimmed:
    """A text file that is written without blanks at the ends of lines. Rich writes whole lines at a time."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(trimmed(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
