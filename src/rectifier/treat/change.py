"""From a treatment to the change of the user's own files, and writing it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from rectifier.treat import remedies
from rectifier.treat.sources import sources
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

    files = sources(program)
    if not files:
        raise NoPlaceError("the file of the script was not found, or is no Python in UTF-8")
    try:
        others = [Code(file.text, file.names) for file in files[1:]]
        script = Code(files[0].text, beside=others)
    except NotParsedError:
        raise NoPlaceError("a file of the script's could not be read") from None
    for use in treatment.uses:
        remedy = remedies.get(use.remedy)
        if remedy.change(script, use, steps):
            continue
        if script.why:
            raise NoPlaceError(script.why)
        if sum(remedy.change(code, use, steps) for code in others) != 1:
            raise NoPlaceError(f"where {use} belongs in the script is not known")
    if given := script.keys & {word.rpartition("=")[2] for word in program.command[1:]}:
        raise NoPlaceError(f"the command line chooses the activation, by {min(given)!r}")
    changed = [(file, code) for file, code in zip(files, [script, *others], strict=True) if code.text != file.text]
    for file, code in changed:
        try:
            compile(code.text, str(file.path), "exec")
        except SyntaxError:  # never hand out a file that does not even parse
            raise NoPlaceError(f"{file.path.name} could not be changed") from None
    return Change(
        edits=tuple(Edit(path=file.path, before=file.text, after=code.text) for file, code in changed),
        diff="".join(code.diff(_shown(file.path, program)) for file, code in changed),
    )


def _shown(path: Path, program: Program) -> str:
    """As a diff names it: from the working directory, where it lies below that."""
    directory = Path(program.directory)
    for root in (directory, directory.resolve()):
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.as_posix()


def write(change: Change) -> dict[Path, Path]:
    """Make the change in the user's files; returns the backup of each, `train.py.orig` beside it or the next free name.

    Raises:
        ValueError: a file is no longer what it was when the treatment began; then none is written.
    """
    for edit in change.edits:
        if edit.path.read_bytes().decode("utf-8") != edit.before:
            raise ValueError(f"{edit.path} has changed since the treatment began: nothing was written")
    backups = {}
    for edit in change.edits:
        names = (edit.path.with_name(f"{edit.path.name}.orig{n or ''}") for n in range(1000))
        backups[edit.path] = backup = next(name for name in names if not name.exists())
        shutil.copy2(edit.path, backup)
    for edit in change.edits:
        half = edit.path.with_name(f".{edit.path.name}.part")
        half.write_bytes(edit.after.encode("utf-8"))
        shutil.copymode(edit.path, half)
        half.replace(edit.path)
    return backups
