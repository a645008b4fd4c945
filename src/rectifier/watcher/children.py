"""Processes that the script starts: a Python process is watched too, and leaves a record of its own once it trains.

Launchers of distributed training start the script again, `multiprocessing` starts workers, and both are followed: by
`fork`, and by `_posixsubprocess.fork_exec`, the one door through which `subprocess` and `multiprocessing` start
programs. What a started process finds in its environment is taken out of it again before anything of its own runs
(`inject/sitecustomize.py`). A process that never trains, the workers of a DataLoader above all, leaves nothing.
Programs that are no Python, and what those start in turn, are not followed.
"""

import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rectifier.record.rows import Process
from rectifier.watcher.environment import watched

#: Position of the environment among the arguments of `fork_exec`, in CPython 3.11 to 3.14.
_ENVIRONMENT = 5


def follow(settings: dict[str, Any]) -> None:
    """From now on every Python process that this one starts is watched with these settings."""
    import _posixsubprocess

    original: Any = _posixsubprocess.fork_exec
    if hasattr(original, "__wrapped__"):
        return  # a `sitecustomize` that ran twice

    @functools.wraps(original)
    def fork_exec(*args: Any) -> int:
        try:
            if _is_python(args[0], args[1]):
                own = args[_ENVIRONMENT]
                args = (*args[:_ENVIRONMENT], _listed(settings, own), *args[_ENVIRONMENT + 1 :])
        except Exception:  # noqa: BLE001  the process must start, watched or not
            pass
        started: int = original(*args)
        return started

    vars(_posixsubprocess)["fork_exec"] = fork_exec
    if (subprocess := sys.modules.get("subprocess")) is not None:  # which has taken it by name already
        vars(subprocess)["_fork_exec"] = fork_exec


def _listed(settings: dict[str, Any], own: Sequence[bytes] | None) -> list[bytes]:
    entries = () if own is None else map(os.fsdecode, own)
    named = {name: value for name, _, value in (entry.partition("=") for entry in entries)} or dict(os.environ)
    return [os.fsencode(f"{name}={value}") for name, value in watched(settings, named).items()]


def _is_python(arguments: Sequence[Any], candidates: Sequence[Any]) -> bool:
    """Whether a program is a Python interpreter, or a script that names one in its first line."""
    file = next((path for c in candidates if (path := Path(os.fsdecode(c))).is_file()), None)
    if file is None:
        return False
    if file.name.startswith("python") or str(file) == sys.executable:
        return True
    with file.open("rb") as opened:
        first = opened.readline(200)
    return first.startswith(b"#!") and b"python" in first


def place(folder: Path) -> tuple[Path, Process] | None:
    """Where the record of this process goes, and who it is; None for the worker of a DataLoader.

    Asked at the first thing there is to record: only then is it known that it trains, and as which rank.
    """
    data = sys.modules.get("torch.utils.data")
    if data is not None and data.get_worker_info() is not None:
        return None
    rank, world = _rank()
    number, file = rank, folder / f"rank-{rank}.db"
    while True:
        try:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            break
        except FileExistsError:  # another process of this run: one without a rank, or the rank's run before this one
            number = max(number + 1, world)
            file = folder / f"rank-{number}.db"
    return file, Process(process=number, rank=rank, world=world, pid=os.getpid())


def _rank() -> tuple[int, int]:
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    rank, world = os.environ.get("RANK", ""), os.environ.get("WORLD_SIZE", "")
    return (int(rank), int(world)) if rank.isdigit() and world.isdigit() else (0, 1)
