"""The remedies, one file per intervention.

the module's docstring   what it does, its parameters, what to expect of it
PARAMETERS               its parameters with their defaults
SAFETY                   `safe` keeps what was learned; `unsafe` changes training
NAMES                    names of remedies in findings that it carries out, each with the parameters to try
label(**parameters)      what reports call it: the name that findings have for it, where they have one, and its values
ILLNESSES                rules whose findings it answers, each with the parameters to try
summary(**parameters)    one sentence: what the user is to do
attach(script, parameters)      acts inside the script's process, see `inside/script.py`
edit(code, **parameters) makes the change in the user's file, see `code/`; left out where the place cannot be known
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from rectifier.diagnose.finding import Applicability
from rectifier.names import unknown
from rectifier.treat.trial import Treatment, Use

if TYPE_CHECKING:
    from rectifier.treat.code import Code
    from rectifier.treat.inside.script import Script

Variants = tuple[dict[str, Any], ...]


class UnknownRemedyError(LookupError):
    """No remedy of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """One intervention."""

    name: str  #: `learning-rate`
    documentation: str
    parameters: Mapping[str, Any]
    safety: Applicability
    names: Mapping[str, Variants]
    illnesses: Mapping[str, Variants]
    label: Callable[..., str]
    summary: Callable[..., str]
    act: Callable[["Script", dict[str, Any]], None]
    edit: "Callable[..., bool] | None"

    def use(self, **parameters: Any) -> Use:
        """This remedy with these values; others are the defaults, and what is a default already is no other use."""
        for name in parameters:
            if name not in self.parameters:
                raise TypeError(unknown(f"parameter of {self.name}", name, self.parameters))
        given = {name: value for name, value in parameters.items() if value != self.parameters[name]}
        return Use(remedy=self.name, parameters=given, name=self.label(**{**self.parameters, **given}))

    def attach(self, script: "Script", parameters: dict[str, Any]) -> None:
        """Act in this process from now on."""
        script.acted[self.name] += 0  # known, and nothing done yet
        self.act(script, {**self.parameters, **parameters})

    def says(self, use: Use) -> str:
        """What the user is to do."""
        return self.summary(**{**self.parameters, **use.parameters})

    def change(self, code: "Code", use: Use, steps: int | None) -> bool:
        """Make the change in the user's code, for a run of so many steps (None: not known); whether it could be."""
        given = {**self.parameters, **use.parameters}
        if "horizon" in given and given["horizon"] is None:
            given["horizon"] = steps
        return self.edit is not None and self.edit(code, **given)


@cache
def menu() -> dict[str, Remedy]:
    """Every remedy by its name: the modules of this package, `learning_rate.py` is `learning-rate`."""
    found = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{__name__}.{info.name}")
        name = info.name.replace("_", "-")
        found[name] = Remedy(
            name=name,
            documentation=(module.__doc__ or "").strip(),
            parameters=module.PARAMETERS,
            safety=module.SAFETY,
            names=module.NAMES,
            illnesses=module.ILLNESSES,
            label=module.label,
            summary=module.summary,
            act=module.attach,
            edit=getattr(module, "edit", None),
        )
    return found


def get(name: str) -> Remedy:
    """The remedy of this name."""
    if name not in menu():
        raise UnknownRemedyError(unknown("remedy", name, menu()))
    return menu()[name]


def summary(treatment: Treatment) -> str:
    """What the user is to do, for all remedies of a treatment."""
    return " ".join(get(use.remedy).says(use) for use in treatment.uses)
