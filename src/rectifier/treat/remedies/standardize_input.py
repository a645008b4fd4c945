"""Bring the network's input to mean 0 and variance 1.

Mean and variance are taken over the inputs of the first `batches` training passes, for each feature of a table, each
channel of an image, and over everything where the input has another shape; then they stay. A feature that hardly varies
is scaled by the standard deviation of all. Integers (tokens, classes) are left alone. `rectifier.nn.standardize_input_`
does the same in the user's script.
"""

import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rectifier.treat.code import Code
    from rectifier.treat.inside.script import Script

PARAMETERS = {"batches": 20}
SAFETY = "unsafe"
NAMES = {"standardize-input": ({"batches": 20},)}
ILLNESSES = {
    "learning-rate-too-high": ({"batches": 20},),
    "dying-relu": ({"batches": 20},),
    "born-dead-relu": ({"batches": 20},),
    "saturated-activation": ({"batches": 20},),
    "poor-initialization": ({"batches": 20},),
    "exploding-gradient": ({"batches": 20},),
    "non-finite": ({"batches": 20},),
    "loss-plateau": ({"batches": 20},),
}


def label(batches: int) -> str:
    return "standardize-input"


def summary(batches: int) -> str:
    return (
        "Scale the network's inputs to mean 0 and variance 1: where the data is made, with those of the training set, "
        "or by rectifier.nn.standardize_input_(model)."
    )


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    from rectifier.nn.standardize import InputScale

    scales: weakref.WeakKeyDictionary[Any, InputScale] = weakref.WeakKeyDictionary()

    def change(model: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
        scale = scales.setdefault(model, InputScale(parameters["batches"]))
        scaled = scale(arguments[0]) if arguments else None
        if scaled is None:
            return None
        script.acted["standardize-input"] += 1
        return (scaled, *arguments[1:])

    script.on_input(change)


def edit(code: "Code", batches: int) -> bool:
    return code.before_optimizer("rectifier.nn.standardize_input_({model})", needs="rectifier.nn", called=True)
