"""From a treatment to the change of the user's own file, and writing it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from rectifier.treat import remedies
from rectifier.treat.trial import Program, Treatment


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to change in the user's file."""

    path: Path
    before: str
    after: str
    diff: str  #: unified


def change_of(program: Program, treatment: Treatment, steps: int | None) -> Change | None:
    """The change that makes a treatment permanent, for a run of so many steps (None: it is not known how many there
    are); None where its place is not known.
    """
    from rectifier.treat.code import Code, NotParsedError

    path = _file(program)
    if path is None:
        return None
    before = path.read_bytes().decode("utf-8", errors="surrogateescape")
    try:
        code = Code(before)
        done = [remedies.get(use.remedy).change(code, use, steps) for use in treatment.uses]
    except (NotParsedError, UnicodeError):  # or it is not in UTF-8
        return None
    if not done or not all(done):
        return None
    try:
        compile(code.text, str(path), "exec")
    except SyntaxError:
        return None  # never hand out a file that does not even parse
    try:
        shown = path.relative_to(program.directory)
    except ValueError:
        shown = path
    return Change(path=path, before=before, after=code.text, diff=code.diff(shown.as_posix()))


def write(change: Change) -> Path:
    """Make the change in the user's file; returns the backup beside it, `train.py.orig` or the next free name.

    Raises:
        ValueError: the file is no longer what it was when the treatment began.
    """
    if change.path.read_bytes().decode("utf-8", errors="surrogateescape") != change.before:
        raise ValueError(f"{change.path} has changed since the treatment began: nothing was written")
    names = (change.path.with_name(f"{change.path.name}.orig{n or ''}") for n in range(1000))
    backup = next(name for name in names if not name.exists())
    shutil.copy2(change.path, backup)
    half = change.path.with_name(f".{change.path.name}.part")
    half.write_bytes(change.after.encode("utf-8", errors="surrogateescape"))
    shutil.copymode(change.path, half)
    half.replace(change.path)
    return backup


def _file(program: Program) -> Path | None:
    if program.command[0] != "-m":
        path = Path(program.directory, program.command[0])
        return path if path.is_file() else path / "__main__.py" if (path / "__main__.py").is_file() else None
    parts = Path(program.directory, *program.command[1].split("."))
    return next((f for f in (parts.with_suffix(".py"), parts / "__main__.py") if f.is_file()), None)
