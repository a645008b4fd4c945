"""Parts of the watcher that can fail on their own: a part that has failed is asked no more, and the record says so.

Without the essential ones nothing can be said of the run: then it counts as one that was not watched.
"""

import json
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from rectifier.record import rows
from rectifier.record.writer import Writer
from rectifier.watcher import compat

P = ParamSpec("P")
T = TypeVar("T")

ESSENTIAL = {"steps", "backward", "lane", compat.EVERYTHING}


class Parts:
    """Which parts have failed. Nothing that fails in here ever reaches the script."""

    def __init__(self, writer: Writer, step: Callable[[], int]) -> None:
        self._writer, self._step = writer, step
        self._failed: set[str] = set()
        self._told: set[str] = set()

    def work(self, part: str) -> bool:
        """Whether this part has not failed yet."""
        return part not in self._failed

    def fail(self, part: str, error: Exception) -> None:
        """Give up this part."""
        self._failed.add(part)
        self.unseen(part, f"{type(error).__name__}: {error}")

    def without(self, missing: Mapping[str, str]) -> None:
        """Say in the record, if there is one, what is lost where a name is missing: what, and why."""
        for lost, because in missing.items():
            detail = json.dumps({"lost": lost, "error": because})
            self._writer.begin_with(rows.Event(step=0, kind=_kind(lost), detail=detail))

    def unwatched(self, lost: str, because: str) -> None:
        """Say that the run was not watched, from a step on that is not known."""
        detail = json.dumps({"lost": lost, "error": because})
        self._writer.put(rows.Event(step=0, kind="unwatched", detail=detail))

    def unseen(self, what: str, because: str) -> None:
        """Say, once, that something is not seen."""
        if what not in self._told:
            self._told.add(what)
            detail = json.dumps({"part": what, "error": because})
            self._writer.put(rows.Event(step=self._step(), kind=_kind(what), detail=detail))

    def attempt(self, part: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What the function gives; None if this part has failed, now or before."""
        if part in self._failed:
            return None
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  watching must never stop a training run
            self.fail(part, error)
            return None


def _kind(part: str) -> str:
    return "unwatched" if part in ESSENTIAL else "unseen"
