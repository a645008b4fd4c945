"""What an activation is: one file per member, found by looking, never listed by hand.

>>> get("relu").summary
'Lets positive numbers through and turns negative ones into zero.'
>>> "leaky_relu" in names()
True
"""

import functools
import importlib
import pkgutil

from rectifier.catalogue._record import Activation, Alternative, Edge, Facts, Interval, Kind, Kink, Parameter, Source
from rectifier.names import unknown

__all__ = [
    "Activation",
    "Alternative",
    "Edge",
    "Facts",
    "Interval",
    "Kind",
    "Kink",
    "Parameter",
    "Source",
    "UnknownActivationError",
    "get",
    "members",
    "names",
]


class UnknownActivationError(LookupError):
    """There is no activation of this name; the message says which there are and which was probably meant."""


@functools.cache
def names() -> tuple[str, ...]:
    """The names of all members, sorted."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")))


@functools.cache
def get(name: str) -> Activation:
    """The member of this name.

    >>> get("rellu")
    Traceback (most recent call last):
    rectifier.catalogue.UnknownActivationError: unknown activation 'rellu': did you mean 'relu'? Known: ...
    """
    if name not in names():
        raise UnknownActivationError(unknown("activation", name, names()))
    member: Activation = importlib.import_module(f"{__name__}.{name}").definition
    return member


def members() -> tuple[Activation, ...]:
    """All members, sorted by name."""
    return tuple(get(name) for name in names())
