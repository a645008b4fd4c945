"""gradsnitch: loss, gradient norm, rate and update ratio of every step, rules over their series."""

from typing import Any

from clinic.peers import Heard, Moment

PACKAGE = "gradsnitch==0.1.0"
TAKES_HELD_OUT = True
DRIVEN = True
ABOUT = (
    "`watch(model, optimizer)`, `.log(step, loss, val_loss)` between backward and step, `.report()`; all its findings"
)

MEANS = {
    "GS001": ("non-finite",),
    "GS002": ("non-finite", "exploding-gradient"),
    "GS003": ("exploding-gradient",),
    "GS004": ("overfitting",),
    "GS005": ("loss-plateau",),
    "GS006": ("learning-rate-too-high",),
    "GS007": ("vanishing-gradient",),
    "GS009": ("learning-rate-too-high",),
    "GS010": ("learning-rate-too-low",),
}


class Peer:
    def __init__(self, model: Any, optimizer: Any) -> None:
        import gradsnitch

        self.monitor = gradsnitch.watch(model, optimizer)

    def after_backward(self, now: Moment) -> None:
        self.monitor.log(now.step, now.loss, val_loss=now.held_out)

    def after_step(self, now: Moment) -> None:
        pass

    def findings(self) -> list[Heard]:
        rate = {True: ("learning-rate-too-high",), False: ("learning-rate-too-low",)}
        return [
            Heard(said=f.name, means=rate["high" in f.name] if f.code == "GS008" else MEANS[f.code], grave=True)
            for f in sorted(self.monitor.report(), key=lambda f: f.severity != "error")
        ]
