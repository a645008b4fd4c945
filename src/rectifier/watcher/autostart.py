"""Attaching to a script that imports torch, at the moment when it does; a script that does not is left alone.

Modules named by the setting `along` act in the same process: `begin(settings)` before the script starts,
`attach(settings)` once torch is there and before the watcher is; what that returns is called when the watcher is.
"""

import atexit
import functools
import importlib
import importlib.util
import os
import sys
import time
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from rectifier.record import own_warnings
from rectifier.record.runs import LOADED, NOT_WATCHED
from rectifier.watcher import children

if TYPE_CHECKING:
    from rectifier.record.rows import Process


def when_torch_is_imported(settings: dict[str, Any]) -> None:
    """Attach with these settings (`folder`, `budget`, `along`) once torch has been imported; likewise in children."""
    for name in settings.get("along", ()):
        importlib.import_module(name).begin(settings)
    try:
        settings = settings | {"missing": children.follow(settings)}
        (Path(settings["folder"]) / LOADED).touch()
    except Exception as error:  # noqa: BLE001  the script must run, followed or not
        _note(Path(settings["folder"]), error)
    settings = settings | {"began": time.perf_counter()}
    if "torch" in sys.modules:  # a `sitecustomize` or a .pth file of the environment has imported it
        _attach_or_note(settings)
    else:
        sys.meta_path.insert(0, _Torch(settings))


class _Torch(MetaPathFinder):
    """Stays until torch has been imported: many scripts and libraries only ask first whether there is one."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._asking = False

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname != "torch" or self._asking:
            return None
        self._asking = True
        try:
            spec = importlib.util.find_spec("torch")
        finally:
            self._asking = False
        if spec is not None and spec.loader is not None:
            spec.loader = _ThenAttach(spec.loader, self._imported)
        return spec

    def _imported(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        _attach_or_note(self._settings)


class _ThenAttach(Loader):
    def __init__(self, loader: Loader, then: Callable[[], None]) -> None:
        self._loader, self._then = loader, then

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._then()


def _attach_or_note(settings: dict[str, Any]) -> None:
    try:
        with own_warnings.ignored():
            attach(settings)
    except Exception as error:  # noqa: BLE001  the script must run, watched or not
        _note(Path(settings["folder"]), error)


def _note(folder: Path, error: Exception) -> None:
    """Leave a word for `rectifier run` about why there is no record."""
    try:
        (folder / NOT_WATCHED).write_text(f"{type(error).__name__}: {error}\n")
    except OSError:
        pass  # then the report says that nothing was seen


def attach(settings: dict[str, Any]) -> None:
    """Watch this process until it ends."""
    from rectifier.record.writer import Writer
    from rectifier.watcher import traceback
    from rectifier.watcher.attach import Watcher

    afterwards = [importlib.import_module(name).attach(settings) for name in settings.get("along", ())]
    folder = Path(settings["folder"])

    def place() -> "tuple[Path, Process] | None":
        try:
            return children.place(folder)
        except Exception as error:  # noqa: BLE001  the script must run, recorded or not
            _note(folder, error)
            return None

    writer = Writer(place)
    watcher = Watcher(
        writer, settings["budget"], settings["began"],
        in_child=lambda: attach(settings | {"began": time.perf_counter(), "along": ()}),  # a fork has them already
        missing=settings.get("missing"),
    )  # fmt: skip
    watcher.attach()
    traceback.install()
    for then in afterwards:
        then()

    def finish() -> None:
        watcher.detach()
        writer.close()

    atexit.register(finish)
    children.before_the_end.append(finish)
    _before_abrupt_end(finish)


def _before_abrupt_end(finish: Callable[[], None]) -> None:
    """`os._exit` runs no exit handlers, and ends every process that `multiprocessing` has forked."""
    original = getattr(os._exit, "__wrapped__", os._exit)

    @functools.wraps(original)
    def _exit(status: int) -> None:
        try:
            finish()
        except Exception:  # noqa: BLE001  the process ends as it was told to
            pass
        original(status)

    vars(os)["_exit"] = _exit
