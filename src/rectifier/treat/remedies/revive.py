"""Give dead units new weights during the training.

A unit of a linear or convolutional layer counts as dead when the gradient of its weights and bias was exactly zero at
`patience` steps in a row. Its incoming weights are drawn anew (He), its bias is zero, its outgoing weights are set to
zero, so that what the network computes stays the same, and what the optimizer keeps of all these is cleared
(`rectifier.nn.revive_`). After the dormant neurons of Sokar et al. 2023, but for exact death only.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rectifier.treat.code import Code
    from rectifier.treat.inside.script import Script

PARAMETERS = {"patience": 20}
SAFETY = "safe"
NAMES: dict[str, tuple[dict[str, Any], ...]] = {}
ILLNESSES = {"dying-relu": ({"patience": 20},), "born-dead-relu": ({"patience": 20},)}


def label(patience: int) -> str:
    return f"revive: after {patience} steps"


def summary(patience: int) -> str:
    return (
        f"Draw the weights of a unit anew once its gradient has been exactly zero for {patience} steps "
        "(incoming by He, outgoing zero, optimizer state cleared)."
    )


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    from rectifier.nn.revive import Reviver

    reviver = Reviver(parameters["patience"])

    def after(optimizer: Any) -> None:
        reviver.after(optimizer)
        script.acted["revive"] = reviver.revived

    script.on_model(reviver.learn)
    script.before_step(reviver.before)
    script.after_step(after)


def edit(code: "Code", patience: int) -> bool:
    given = "" if patience == PARAMETERS["patience"] else f", patience={patience}"
    return code.after_optimizer(f"rectifier.nn.revive_({{model}}, {{optimizer}}{given})", needs="rectifier.nn")
