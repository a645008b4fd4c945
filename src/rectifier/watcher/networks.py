"""Networks: the outermost modules of the script, each with a number and the name of what holds it.

Which of them are trained by the same backward passes is noted with each look: those that always are make one network
(an encoder and its decoder), all others are judged apart (`diagnose/evidence.py`).
"""

import hashlib
import json
import weakref
from types import FrameType
from typing import Any

from rectifier.record import rows
from rectifier.record.writer import Writer
from rectifier.watcher.names import Names, holder

#: So many networks are looked for by name in the script's variables; those that come after have their class's.
NAMED = 500


class Networks:
    """Numbers networks in the order in which they are seen."""

    def __init__(self, writer: Writer, names: Names) -> None:
        self._writer, self._names = writer, names
        self._of: dict[int, tuple[weakref.ref[Any], int]] = {}
        self._called: dict[str, tuple[weakref.ref[Any], str]] = {}  # by name: the last one, and its structure
        self._count = 0
        self._passes: set[frozenset[int]] = set()  # the networks that one backward call reached

    def of(self, thing: Any, frame: FrameType | None) -> int | None:
        """The number of the network that holds a module or parameter; None if no module does."""
        root = None if thing is None else self._names.root(thing)
        if root is None:
            return None
        reference, number = self._of.get(id(root), (None, None))
        if reference is None or reference() is not root:
            number = self._count
            self._count += 1
            self._of[id(root)] = (weakref.ref(root), number)
            self._introduce(root, number, frame)
        return number

    def _introduce(self, root: Any, number: int, frame: FrameType | None) -> None:
        structure = _structure(root)
        # A name is taken by a network that still lives, or that was another one.
        taken = {n for n, (reference, was) in self._called.items() if reference() is not None or was != structure}
        name = None
        if frame is not None and number < NAMED:
            name = holder(root, frame, taken)
        name = name or type(root).__name__
        if name in taken:
            name = next(numbered for k in range(2, number + 3) if (numbered := f"{name} ({k})") not in taken)
        self._called[name] = (weakref.ref(root), structure)
        self._writer.put(rows.Network(network=number, name=name, structure=structure))

    def reached(self, step: int, passes: list[set[int]]) -> None:
        """A look is over, in which each backward call reached these networks."""
        new = {frozenset(reached) for reached in passes if reached} - self._passes
        if new:
            self._passes |= new
            detail = json.dumps({"passes": sorted(map(sorted, self._passes))})
            self._writer.put(rows.Event(step=step, kind="passes", detail=detail))


def _structure(root: Any) -> str:
    shapes = [f"{name}:{tuple(p.shape)}" for name, p in root.named_parameters()]
    short = hashlib.blake2b("\n".join(shapes).encode(), digest_size=6).hexdigest()
    return f"{type(root).__name__} {short}"
