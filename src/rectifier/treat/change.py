"""From a treatment to the change of the user's own files, and writing it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from rectifier.treat import remedies
from rectifier.treat.trial import Program, Treatment


class NoPlaceError(ValueError):
    """Where a change belongs in the user's files is not known; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One file of the user's, and what is to become of it."""

    path: Path
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to change in the user's files."""

    edits: tuple[Edit, ...]
    diff: str  #: unified, of all of them


def change_of(program: Program, treatment: Treatment, steps: int | None) -> Change:
    """The change that makes a treatment permanent, for a run of so many steps (None: it is not known how many).

    Raises:
        NoPlaceError: its place is not known.
    """
    from rectifier.treat.code import Code, NotParsedError

    path = _file(program)
    if path is None:
        raise NoPlaceError("the file of the script was not found")
    before = path.read_bytes().decode("utf-8", errors="surrogateescape")
    try:
        code = Code(before)
        for use in treatment.uses:
            if not remedies.get(use.remedy).change(code, use, steps):
                raise NoPlaceError(code.why or f"where {use} belongs in the script is not known")
    except (NotParsedError, UnicodeError):
        raise NoPlaceError(f"{path.name} could not be read as Python in UTF-8") from None
    if given := code.keys & {word.rpartition("=")[2] for word in program.command[1:]}:
        raise NoPlaceError(f"the command line chooses the activation, by {min(given)!r}")
    try:
        compile(code.text, str(path), "exec")
    except SyntaxError:  # never hand out a file that does not even parse
        raise NoPlaceError(f"{path.name} could not be changed") from None
    try:
        shown = path.relative_to(program.directory)
    except ValueError:
        shown = path
    return Change(edits=(Edit(path=path, before=before, after=code.text),), diff=code.diff(shown.as_posix()))


def write(change: Change) -> dict[Path, Path]:
    """Make the change in the user's files; returns the backup of each, `train.py.orig` beside it or the next free name.

    Raises:
        ValueError: a file is no longer what it was when the treatment began; then none is written.
    """
    for edit in change.edits:
        if edit.path.read_bytes().decode("utf-8", errors="surrogateescape") != edit.before:
            raise ValueError(f"{edit.path} has changed since the treatment began: nothing was written")
    backups = {}
    for edit in change.edits:
        names = (edit.path.with_name(f"{edit.path.name}.orig{n or ''}") for n in range(1000))
        backups[edit.path] = backup = next(name for name in names if not name.exists())
        shutil.copy2(edit.path, backup)
    for edit in change.edits:
        half = edit.path.with_name(f".{edit.path.name}.part")
        half.write_bytes(edit.after.encode("utf-8", errors="surrogateescape"))
        shutil.copymode(edit.path, half)
        half.replace(edit.path)
    return backups


def _file(program: Program) -> Path | None:
    if program.command[0] != "-m":
        path = Path(program.directory, program.command[0])
        return path if path.is_file() else path / "__main__.py" if (path / "__main__.py").is_file() else None
    parts = Path(program.directory, *program.command[1].split("."))
    return next((f for f in (parts.with_suffix(".py"), parts / "__main__.py") if f.is_file()), None)
