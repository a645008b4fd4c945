"""torchmortem: hooks on every module, detectors at the end."""

from typing import Any

from clinic.peers import Heard, Moment

PACKAGE = "torchmortem==0.1.1"
TAKES_HELD_OUT = False
DRIVEN = True
ABOUT = (
    "`Autopsy(model, optimizer)` with its default sampling, `.step(loss)` after every step; findings of WARNING or more"
)

#: Its titles, by their beginnings, and the illnesses that they name.
MEANS = {
    "Vanishing gradients": ("vanishing-gradient",),
    "Exploding gradients": ("exploding-gradient",),
    "Gradient stalling": ("vanishing-gradient", "no-gradient"),
    "Dead units": ("dying-relu", "born-dead-relu"),
    "Activation saturation": ("saturated-activation",),
    "Update ratio too high": ("learning-rate-too-high",),
    "Update ratio too low": ("learning-rate-too-low",),
    "Loss plateau": ("loss-plateau",),
    "Training divergence": ("learning-rate-too-high", "exploding-gradient"),
    "Edge of stability": ("learning-rate-too-high",),
    "Weight norm explosion": ("exploding-gradient", "learning-rate-too-high"),
    "Stagnant weight norms": ("no-gradient", "learning-rate-too-low"),
    "Inter-layer weight norm imbalance": ("poor-initialization",),
}


class Peer:
    def __init__(self, model: Any, optimizer: Any) -> None:
        from torchmortem import Autopsy

        self.autopsy = Autopsy(model, optimizer=optimizer)
        self.autopsy.attach()

    def after_backward(self, now: Moment) -> None:
        pass

    def after_step(self, now: Moment) -> None:
        self.autopsy.step(loss=now.loss)

    def findings(self) -> list[Heard]:
        self.autopsy.detach()
        report = self.autopsy.get_report()
        assert report is not None
        return [
            Heard(
                said=f.title,
                means=next((slugs for title, slugs in MEANS.items() if f.title.startswith(title)), ()),
                grave=f.severity.name in ("WARNING", "CRITICAL"),
            )
            for f in sorted(report.findings, key=lambda f: -_gravity(f))
        ]


def _gravity(finding: Any) -> int:
    return ["INFO", "WARNING", "CRITICAL"].index(finding.severity.name)
