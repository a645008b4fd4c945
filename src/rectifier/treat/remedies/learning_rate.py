"""Multiply the learning rate by a factor.

Every step of every optimizer is taken with its own rate times `factor`. Schedules of the script's own keep working:
what they set is multiplied. Without an optimizer the gradients are multiplied, with which the script takes its steps.
"""

from typing import TYPE_CHECKING, Any

from rectifier.treat.remedies._rates import during_steps

if TYPE_CHECKING:
    from rectifier.treat.code import Code
    from rectifier.treat.inside.script import Script

PARAMETERS = {"factor": 0.1}
SAFETY = "unsafe"
NAMES = {
    "lower-learning-rate": ({"factor": 0.1}, {"factor": 0.01}),
    "tune-learning-rate": ({"factor": 3.0}, {"factor": 0.33}),
    "raise-learning-rate": ({"factor": 10.0}, {"factor": 100.0}),
}
ILLNESSES = {
    "learning-rate-too-high": ({"factor": 0.1}, {"factor": 0.01}),
    "learning-rate-too-low": ({"factor": 10.0}, {"factor": 100.0}),
    "loss-plateau": ({"factor": 10.0}, {"factor": 0.1}),
    "dying-relu": ({"factor": 0.1},),
    "exploding-gradient": ({"factor": 0.1},),
    "non-finite": ({"factor": 0.1}, {"factor": 0.01}),
}


def label(factor: float) -> str:
    way = (
        "tune" if 0.3 < factor < 3.5 else "lower" if factor < 1 else "raise"
    )  # as findings call a third and three times
    return f"{way}-learning-rate x {factor:g}"


def summary(factor: float) -> str:
    return f"Multiply the learning rate by {factor:g}."


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    factor = parameters["factor"]
    script.scale_backward(factor, "learning-rate")
    during_steps(script, "lr", lambda rate, taken: rate * factor, "learning-rate")


def edit(code: "Code", factor: float) -> bool:
    if not code.scale_rates(factor):
        return code.scale_steps(factor)
    return code.scale_set_rates(factor)
