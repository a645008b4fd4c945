"""Tracebacks as `python` prints them: the frames of the watcher, and those that exist only because of it, left out."""

import sys
import threading
from pathlib import Path
from types import CodeType, TracebackType
from typing import Any

from rectifier.watcher import calling

_OURS = str(Path(__file__).parent)


def trim(tb: TracebackType | None) -> TracebackType | None:
    """The traceback without the watcher's frames.

    While torch functions are seen, a function written in Python is entered twice (once to be handed to the
    watcher through `torch.overrides`): the first entry goes with the watcher's frame.
    """
    entries: list[TracebackType] = []
    while tb is not None:
        code = tb.tb_frame.f_code
        entry, tb = tb, tb.tb_next
        if code.co_filename.startswith(_OURS):
            if entries and entries[-1].tb_frame.f_code.co_name == "handle_torch_function":
                del entries[-2:]
        elif code.co_name == calling.NAME:
            continue
        elif code.co_name == "inner" and _is_torch_module(code) and entries:
            entries[-1] = _as_without_hooks(entries[-1])
        else:
            entries.append(entry)
    rebuilt: TracebackType | None = None
    for entry in reversed(entries):
        rebuilt = TracebackType(rebuilt, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return rebuilt


def _is_torch_module(code: CodeType) -> bool:
    return code.co_filename.endswith("torch/nn/modules/module.py")


def _as_without_hooks(entry: TracebackType) -> TracebackType:
    # `Module._call_impl` calls `forward` itself when there are no hooks, and through `inner` when there are:
    # show the line of the former, its first `forward_call(...)`.
    code = entry.tb_frame.f_code
    lines = Path(code.co_filename).read_text().splitlines()
    call = None
    for index, (line, _, start, end) in enumerate(code.co_positions()):
        if line is not None and start is not None and lines[line - 1][start:end] == "forward_call(*args, **kwargs)":
            call = (line, 2 * index)
        elif call is not None:
            break
    return entry if call is None else TracebackType(None, entry.tb_frame, call[1], call[0])


def _trim_all(error: BaseException | None, seen: set[int]) -> None:
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        error.__traceback__ = trim(error.__traceback__)
        _trim_all(error.__cause__, seen)
        error = error.__context__


def install() -> None:
    """Have uncaught exceptions shown without our frames, unless the script shows them in a way of its own."""
    if (
        sys.excepthook is sys.__excepthook__ and sys.excepthook.__module__ != __name__
    ):  # a forked child has ours already
        original = sys.__excepthook__

        def show(kind: type[BaseException], error: BaseException, tb: TracebackType | None) -> None:
            _trim_all(error, set())
            original(kind, error, error.__traceback__)

        # Both, so that a script that asks whether the hook is Python's own finds that it is.
        sys.excepthook = sys.__excepthook__ = show
    if threading.excepthook is threading.__excepthook__ and threading.excepthook.__module__ != __name__:
        original_in_thread = threading.__excepthook__

        def show_in_thread(arguments: Any) -> None:
            if arguments.exc_value is not None:
                _trim_all(arguments.exc_value, set())
                arguments = threading.ExceptHookArgs(
                    (
                        arguments.exc_type,
                        arguments.exc_value,
                        arguments.exc_value.__traceback__,
                        arguments.thread,
                    )
                )
            original_in_thread(arguments)

        threading.excepthook = threading.__excepthook__ = show_in_thread
