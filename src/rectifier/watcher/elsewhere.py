"""Training that is seen to happen and is not watched: in a second thread, or by gradients that are asked for by hand.

What is not watched is named, so that no verdict seems to cover it.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any

import torch

from rectifier.watcher.parts import Parts

#: What a training calls; a second thread that only applies a network does not.
_TRAINS = {"steps": "stepped an optimizer", "backward": "called backward()"}


class Threads:
    """One thread is watched: the first that trains, and the next one when that has ended."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._watched: int | None = None
        self._calls: dict[str, set[str]] = {}  # of other threads, by name: what they did

    def is_another(self) -> bool:
        """Whether this thread is not the one that is watched."""
        if self._watched in (None, threading.get_ident()):
            return False
        if any(thread.ident == self._watched for thread in threading.enumerate()):
            return True
        self._watched = None
        return False

    def watch(self) -> None:
        """This thread trains."""
        self._watched = threading.get_ident()

    def note(self, part: str) -> None:
        """Another thread than the watched one came by a part of the watcher."""
        if not any(thread.ident == threading.get_ident() for thread in threading.enumerate()):
            self._parts.unseen("what happens in autograd's own threads", "only the thread that trains is seen")
        elif part in _TRAINS:
            self._calls.setdefault(threading.current_thread().name, set()).add(part)

    def finish(self) -> None:
        """Say which threads trained and were not watched."""
        for name, parts in self._calls.items():
            did = " and ".join(text for part, text in _TRAINS.items() if part in parts)
            self._parts.unwatched(f"another thread, {name}, {did}", "one thread at a time is watched")


class Asked:
    """Counts the calls of `torch.autograd.grad`, by whose results a script may move its parameters itself."""

    def __init__(self) -> None:
        self.calls = 0

    def wrap(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """What takes its place."""

        @functools.wraps(original)
        def grad(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            return original(*args, **kwargs)

        return grad

    def finish(self, parts: Parts) -> None:
        """Nothing stepped and nothing called `backward()`: say what there was instead."""
        if self.calls and not torch.compiler.is_compiling():
            times = "once" if self.calls == 1 else f"{self.calls} times"
            parts.unseen(
                f"what the script did with gradients that it asked for itself ({times}, by torch.autograd.grad or "
                "torch.func)",
                "only training by backward() or by an optimizer is watched",
            )
