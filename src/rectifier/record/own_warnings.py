"""Warnings that come from what Rectifier itself calls in the script's process: neither shown nor raised, whatever the
script's filters say.

Filters hold for the whole process. For as long as something of ours runs, a filter stands before all others whose
match asks which thread it is in: the warnings of the script's other threads go their way.
"""

import threading
import warnings
from typing import Any

_ours: dict[int, int] = {}  # threads in which something of ours runs, and how many times over


class _OfOurs:
    """What `warnings` asks, as it would a regular expression, whether a message is meant."""

    def match(self, text: object) -> bool:
        return threading.get_ident() in _ours


_FILTER: Any = ("ignore", _OfOurs(), Warning, None, 0)


class ignored:  # noqa: N801  a context manager, named as a function is
    """Inside, warnings in this thread are ignored."""

    __slots__ = ("_filters", "_thread")
    _filters: Any

    def __enter__(self) -> None:
        self._thread = threading.get_ident()
        _ours[self._thread] = _ours.get(self._thread, 0) + 1
        self._filters = warnings.filters  # a list, whatever the type stubs say
        self._filters.insert(0, _FILTER)

    def __exit__(self, *error: Any) -> None:
        if _FILTER in self._filters:
            self._filters.remove(_FILTER)
        if _ours[self._thread] == 1:
            del _ours[self._thread]
        else:
            _ours[self._thread] -= 1
