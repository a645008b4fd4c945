"""Give every optimizer this weight decay; 0 takes it away.

Parameter groups whose optimizer knows no weight decay stay as they are. AdamW and its like use it decoupled.
"""

from typing import TYPE_CHECKING, Any

from rectifier.treat.remedies._rates import during_steps

if TYPE_CHECKING:
    from rectifier.treat.code import Code
    from rectifier.treat.inside.script import Script

PARAMETERS = {"value": 0.01}
SAFETY = "unsafe"
NAMES = {
    "weight-decay": ({"value": 0.01}, {"value": 0.1}),
}
ILLNESSES = {
    "overfitting": ({"value": 0.01}, {"value": 0.1}),
    "exploding-gradient": ({"value": 0.01},),
    "loss-plateau": ({"value": 0.0},),
}


def label(value: float) -> str:
    return f"weight-decay {value:g}"


def summary(value: float) -> str:
    return f"Use a weight decay of {value:g}." if value else "Take the weight decay away."


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    during_steps(script, "weight_decay", lambda own, taken: parameters["value"], "weight-decay")


def edit(code: "Code", value: float) -> bool:
    return code.set_argument("weight_decay", f"{value:g}")
