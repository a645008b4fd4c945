"""Misspelt names: an error that says what was given, what is known, and what was probably meant."""

import difflib
from collections.abc import Iterable


def unknown(kind: str, given: str, known: Iterable[str]) -> str:
    """The sentence for a name that is not known.

    >>> unknown("activation", "rellu", ["relu", "elu", "tanh"])
    "unknown activation 'rellu': did you mean 'relu'? Known: elu, relu, tanh."
    """
    known = sorted(known)
    close = difflib.get_close_matches(given, known, n=1)
    hint = f": did you mean {close[0]!r}?" if close else "."
    return f"unknown {kind} {given!r}{hint} Known: {', '.join(known)}."
