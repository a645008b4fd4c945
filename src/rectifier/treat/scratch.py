"""A copy of the working directory for every trial, so that nothing of the user's is altered."""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: What a script does not need to run, or what must not be copied again and again.
SKIPPED = frozenset({".git", ".hg", ".svn", ".rectifier", "__pycache__", "node_modules", ".mypy_cache", ".ruff_cache",
                     ".pytest_cache", ".tox", ".nox", ".ipynb_checkpoints"})  # fmt: skip
#: A directory larger than this is not copied for every trial. Chosen by us: a second or two of an ordinary disk.
LARGEST = 1 << 30


class TooLargeError(ValueError):
    """A working directory that is not copied for every trial."""


def skipped(folder: str, names: list[str]) -> set[str]:
    """What is left out of a copy: version control, caches, virtual environments, and what is no file or folder."""
    found = set()
    for name in names:
        path = Path(folder) / name
        is_environment = (path / "pyvenv.cfg").exists()
        if name in SKIPPED or is_environment or not (path.is_file() or path.is_dir()):
            found.add(name)
    return found


def size(directory: Path) -> int:
    """Bytes that a copy would take, as far as they are counted: no more than just above `LARGEST`."""
    total = 0
    for folder, folders, files in os.walk(directory, followlinks=True):
        left_out = skipped(folder, folders + files)
        folders[:] = [name for name in folders if name not in left_out]
        for name in files:
            if name not in left_out:
                total += (Path(folder) / name).stat().st_size
        if total > LARGEST:
            break
    return total


def check(directory: Path) -> None:
    """Raise `TooLargeError` for a directory that is not copied."""
    if size(directory) > LARGEST:
        raise TooLargeError(
            f"the working directory {directory} holds more than {LARGEST >> 20} MB, which would be copied for every "
            "trial. Start from a smaller one, or say --in-place to run the trials in it (what the script writes, "
            "every trial then writes there)."
        )


@contextlib.contextmanager
def copy(directory: Path) -> Iterator[Path]:
    """A copy of the directory that is gone afterwards. Links are followed, so that nothing is written through them."""
    scratch = Path(tempfile.mkdtemp(prefix="rectifier-trial-"))
    target = scratch / directory.name if directory.name else scratch / "root"
    try:
        shutil.copytree(directory, target, ignore=skipped, symlinks=False, ignore_dangling_symlinks=True)
        for folder, _, _ in os.walk(target):  # a copy of what cannot be written could not be removed
            Path(folder).chmod(Path(folder).stat().st_mode | stat.S_IRWXU)
        yield target
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
