"""Processes that the script starts: a Python process is watched too, and leaves a record of its own once it trains.

Launchers of distributed training start the script again, `multiprocessing` starts workers, and both are followed: by
`fork`, and through the doors by which Python starts programs: `_posixsubprocess.fork_exec` for `subprocess` and
`multiprocessing`, `os.exec*`, `os.posix_spawn*`. What a started process finds in its environment is taken out of it
again before anything of its own runs (`inject/sitecustomize.py`). A process that never trains, the workers of a
DataLoader above all, leaves nothing. Programs that are no Python, and what those start in turn, are not followed: the
record names the commands of shells that look as if they started one.
"""

import functools
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rectifier.watcher.environment import watched

if TYPE_CHECKING:
    from rectifier.record.rows import Process

#: Position of the environment among the arguments of `fork_exec`, in CPython 3.11 to 3.14.
_ENVIRONMENT = 5
_SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "fish")
_MAY_TRAIN = re.compile(r"python|torchrun|accelerate|deepspeed")

#: What is to be done before another program takes this process over.
before_the_end: list[Callable[[], None]] = []


def follow(settings: dict[str, Any]) -> dict[str, str]:
    """From now on every Python process that this one starts is watched with these settings.

    Returns what is lost because this Python lacks a name, and why (as `compat.missing` says for torch).
    """
    if hasattr(os.execv, "__wrapped__"):
        return {}  # a `sitecustomize` that ran twice

    def by_subprocess(*args: Any) -> Any:
        if _is_python(args[0], args[1]):
            return *args[:_ENVIRONMENT], _listed(settings, args[_ENVIRONMENT]), *args[_ENVIRONMENT + 1 :]
        _name_shell(settings, [os.fsdecode(a) for a in args[0]])
        return args

    def by_spawn(path: Any, arguments: Any, environment: Any) -> Any:
        follows = _is_python(arguments, [path])
        return path, arguments, watched(settings, _decoded(environment)) if follows else environment

    def by_exec(path: Any, arguments: Any, environment: Any) -> Any:
        if os.access(path, os.X_OK):  # else it fails, and this process goes on
            for end in before_the_end:
                end()
        return by_spawn(path, arguments, environment)

    def by_system(command: Any) -> Any:
        _name_shell(settings, ["sh", "-c", os.fsdecode(command)])
        return (command,)

    @functools.wraps(os.execv)
    def execv(path: Any, arguments: Any, /) -> Any:
        os.execve(path, arguments, os.environ)

    missing = {}
    try:
        import _posixsubprocess

        _replace(_posixsubprocess, "fork_exec", by_subprocess)
        if (subprocess := sys.modules.get("subprocess")) is not None:  # which has taken it by name already
            vars(subprocess)["_fork_exec"] = _posixsubprocess.fork_exec
    except (ImportError, AttributeError):
        missing["Python programs that the script starts are not watched"] = (
            "this Python has no _posixsubprocess.fork_exec"
        )
    _replace(os, "execve", by_exec)
    vars(os)["execv"] = execv
    for name in ("posix_spawn", "posix_spawnp"):
        _replace(os, name, by_spawn)
    _replace(os, "system", by_system)
    return missing


def _replace(place: Any, name: str, adapted: Callable[..., Any]) -> None:
    """A function that is called with other arguments from now on, where they can be told."""
    original = getattr(place, name)

    @functools.wraps(original)
    def door(*args: Any, **kwargs: Any) -> Any:
        try:
            args = adapted(*args)
        except Exception:  # noqa: BLE001  the program must start, watched or not
            pass
        return original(*args, **kwargs)

    vars(place)[name] = door
    if original in os.supports_fd:
        os.supports_fd.add(door)  # where scripts ask what it takes


def _decoded(environment: Any) -> dict[str, str]:
    return {os.fsdecode(name): os.fsdecode(value) for name, value in environment.items()}


def _name_shell(settings: dict[str, Any], arguments: Sequence[str]) -> None:
    """Leave a word about a shell's command that may train."""
    from rectifier.record.runs import UNFOLLOWED

    command = " ".join(arguments[1:]).removeprefix("-c ")
    if Path(arguments[0]).name in _SHELLS and _MAY_TRAIN.search(command):
        with (Path(settings["folder"]) / UNFOLLOWED).open("a") as file:
            file.write(" ".join(command.split())[:200] + "\n")


def _listed(settings: dict[str, Any], own: Sequence[bytes] | None) -> list[bytes]:
    entries = () if own is None else map(os.fsdecode, own)
    given = {name: value for name, _, value in (entry.partition("=") for entry in entries)}
    named = dict(os.environ) if own is None else given
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


def place(folder: Path) -> "tuple[Path, Process] | None":
    """Where the record of this process goes, and who it is; None for the worker of a DataLoader.

    Asked at the first thing there is to record: only then is it known that it trains, and as which rank.
    """
    from rectifier.record.rows import Process

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
