"""End the training once the loss has not improved for a while.

The loss is that of the evaluation passes where there are any, else the training loss, averaged over a twentieth of the
steps. After `patience` of these without a new best, the script ends as if it had ended by itself. What it stands for
puts the weights of the best evaluation back (`rectifier.nn.EarlyStopping`): that one's loss is the trial's.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rectifier.treat.code import Code
    from rectifier.treat.inside.script import Script

PARAMETERS = {"patience": 3}
SAFETY = "safe"
NAMES = {"early-stopping": ({"patience": 3},)}
ILLNESSES = {"overfitting": ({"patience": 3},)}


def label(patience: int) -> str:
    return f"early-stopping: patience {patience}"


def summary(patience: int) -> str:
    return (
        f"Stop the training when the evaluation loss has not improved for {patience} evaluations, and keep the weights "
        "it was best with: rectifier.nn.EarlyStopping(model)."
    )


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    script.keep_losses()
    every = max(1, script.horizon // 20)
    judged, evaluated = 0, False
    best, worse = float("inf"), 0

    def after(optimizer: Any) -> None:
        nonlocal judged, evaluated, best, worse
        if script.evaluations and not evaluated:  # so far it was the training loss
            judged, evaluated, best, worse = 0, True, float("inf"), 0
        if evaluated:
            finished = [loss for step, loss in script.evaluations if step < script.step]
        else:
            kept = script.losses
            finished = [sum(kept[i : i + every]) / every for i in range(0, len(kept) - every + 1, every)]
        while judged < len(finished):
            loss = finished[judged]
            judged += 1
            best, worse = (loss, 0) if loss < best else (best, worse + 1)
        if worse >= parameters["patience"]:
            script.acted["early-stop"] += 1
            script.stop()

    script.after_step(after)


def edit(code: "Code", patience: int) -> bool:
    return code.stop_early(f"rectifier.nn.EarlyStopping({{model}}, patience={patience})", "rectifier.nn")
