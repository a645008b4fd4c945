"""Parameters that get a gradient and are in no optimizer, and those in an optimizer that get none: blocked, or frozen.

Those in no optimizer are left out (another parameter of their outermost module is in one) or unregistered (their module
is in none that is trained, as layers in a plain list are). Parameters come in the order in which they were used first.
"""

import json
import sys
import weakref
from collections.abc import Iterable

from torch import Tensor
from torch.nn import Parameter

from rectifier.record import rows
from rectifier.record.writer import Writer
from rectifier.watcher.names import Names
from rectifier.watcher.networks import Networks
from rectifier.watcher.parameters import Parameters
from rectifier.watcher.steppers import Steppers
from rectifier.watcher.unnoticed import measuring, observable

#: The first look at which it is asked; then at each doubling. By then every optimizer of a game has stepped.
FIRST = 8
#: Of so many parameters that are in no optimizer so many entries are kept, to see whether they move.
_MOST, _ENTRIES = 256, 16


class Ownership:
    """Asked at a few looks; each answer replaces the one before it."""

    def __init__(
        self, writer: Writer, names: Names, networks: Networks, steppers: Steppers, parameters: Parameters
    ) -> None:
        self._writer, self._names, self._networks = writer, names, networks
        self._steppers, self._parameters = steppers, parameters
        self._looks, self._next = 0, FIRST
        self._kept: dict[int, tuple[weakref.ref[Tensor], Tensor]] = {}  # of parameters in no optimizer, a few entries
        self._moved: set[int] = set()  # ids of those that move all the same

    def look(self, step: int, used: list[Tensor]) -> None:
        """A look is over; `used` are the parameters that functions were called with on looked-at steps."""
        self._looks += 1
        self._see_what_moves(used)
        if self._looks < self._next or self._steppers.bare is not None:
            return
        self._next *= 2
        used = [p for p in used if isinstance(p, Parameter)]  # not inputs whose gradient is asked for
        # Whatever has been in an optimizer counts, even if that is gone: a second stage has another one.
        owned = {id(p) for p in used if self._parameters.number_of(p) is not None}
        beyond = owned | self._moved  # its gradients may be handed to another network, whose weights come back
        unowned = [p for p in used if p.requires_grad and p.grad is not None and id(p) not in beyond]
        blocked = [p for p in used if p.requires_grad and p.grad is None and id(p) in owned]
        beside = self._names.in_modules_with(owned)
        left_out = [p for p in unowned if id(p) in beside]
        learning = [i for i, p in enumerate(used) if id(p) in owned and p.grad is not None]
        place = {id(p): i for i, p in enumerate(used)}
        detail = json.dumps(
            {
                "left-out": self._named(left_out),
                "left-out-first": all(place[id(p)] < min(learning, default=0) for p in left_out),
                "unregistered": self._named([p for p in unowned if id(p) not in beside]),
                "blocked": self._named(blocked),
                "blocked-last": all(place[id(p)] > max(learning, default=0) for p in blocked),
                "frozen": self._named(p for p in self._steppers.parameters() if not p.requires_grad),
            }
        )
        self._writer.put(rows.Event(step=step, kind="ownership", detail=detail))

    def _see_what_moves(self, used: list[Tensor]) -> None:
        """Which parameters in no optimizer have changed since they were first seen."""
        if not observable():
            return
        with measuring():
            for p in used:
                if self._parameters.number_of(p) is not None or p.device.type != "cpu" or id(p) in self._moved:
                    continue
                entries = p.detach().reshape(-1)[:_ENTRIES]
                reference, kept = self._kept.get(id(p), (None, entries))
                if reference is None or reference() is not p:
                    if len(self._kept) < _MOST:
                        self._kept[id(p)] = (weakref.ref(p), entries.clone())
                elif not bool((entries == kept).all()):
                    self._moved.add(id(p))

    def _named(self, parameters: Iterable[Tensor]) -> list[tuple[int | None, str]]:
        """Networks and names of all, each once: the optimizer of a second stage holds again what that of the first
        held."""
        return [(self._networks.of(p, sys._getframe()), self._name(p)) for p in {id(p): p for p in parameters}.values()]

    def _name(self, parameter: Tensor) -> str:
        name = self._names.of(parameter)
        if name is None:
            return "x".join(map(str, parameter.shape))
        if "." in name:
            return name
        owner = self._names.owner(parameter)  # a module of its own: what the user calls it, where that is known
        return f"{owner}.{name}" if owner and owner != name else name
