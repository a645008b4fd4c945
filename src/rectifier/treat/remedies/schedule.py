"""Let the learning rate follow a schedule over the run.

`kind` is `warm-up` (linear from near zero over the first tenth of the steps, at most `length` of them), `step` (a tenth
after each third), `exponential` (to a hundredth at the end) or `cosine` (to zero at the end). It multiplies the rate of
the script's own, whose schedulers keep working. `horizon` is the number of steps it is laid over; by default those of
the trial. The factors are those of torch.optim.lr_scheduler's LinearLR, StepLR, ExponentialLR and CosineAnnealingLR.
"""

import math
from typing import TYPE_CHECKING, Any

from rectifier.treat.remedies._rates import during_steps

if TYPE_CHECKING:
    from rectifier.treat.code import Code
    from rectifier.treat.inside.script import Script

PARAMETERS = {"kind": "warm-up", "length": 100, "horizon": None}
SAFETY = "unsafe"
NAMES = {
    "warm-up": ({"kind": "warm-up"},),
}
ILLNESSES = {
    "learning-rate-too-high": ({"kind": "warm-up"}, {"kind": "cosine"}, {"kind": "exponential"}),
    "exploding-gradient": ({"kind": "warm-up"},),
    "loss-plateau": ({"kind": "cosine"}, {"kind": "step"}),
}

#: Share of the rate that a warm-up begins with, and that the end of an exponential schedule keeps. Chosen by us.
START = END = 0.01


def label(kind: str, length: int, horizon: int | None) -> str:
    return kind if kind == "warm-up" else f"{kind}-schedule"


def summary(kind: str, length: int, horizon: int | None) -> str:
    over = f" of {horizon}" if horizon else ""
    return {
        "warm-up": f"Raise the learning rate linearly from near zero over the first {length} steps.",
        "step": f"Cut the learning rate to a tenth after each third{over} of the steps.",
        "exponential": f"Let the learning rate fall exponentially to a hundredth over the run{over} steps.",
        "cosine": f"Let the learning rate fall to zero along a cosine over the run{over} steps.",
    }[kind]


def factor(kind: str, taken: int, length: int, horizon: int) -> float:
    """What the rate is multiplied by after so many steps.

    >>> [round(factor("warm-up", t, 10, 100), 3) for t in (0, 5, 10, 99)]
    [0.01, 0.505, 1.0, 1.0]
    >>> [round(factor("cosine", t, 10, 100), 3) for t in (0, 50, 100)]
    [1.0, 0.5, 0.0]
    """
    if kind == "warm-up":
        return min(1.0, START + (1 - START) * taken / length)
    if kind == "step":
        return float(0.1 ** (taken // max(1, horizon // 3)))
    if kind == "exponential":
        return float(END ** (taken / horizon))
    return 0.5 * (1 + math.cos(math.pi * min(1.0, taken / horizon)))


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    horizon = parameters["horizon"] or script.horizon
    kind, length = parameters["kind"], max(1, min(parameters["length"], horizon // 10))
    during_steps(script, "lr", lambda rate, taken: rate * factor(kind, taken, length, horizon), "schedule")


def edit(code: "Code", kind: str, length: int, horizon: int | None) -> bool:
    if kind == "warm-up":
        length = max(1, min(length, horizon // 10)) if horizon is not None else length
        warming = f"LinearLR({{optimizer}}, start_factor={START}, total_iters={length})"
        return code.add_schedule(f"torch.optim.lr_scheduler.{warming}")
    if (
        horizon is None
    ):  # laid over a run whose length is not known, the rate would be zero before its end, or rise again
        return False
    made = {
        "step": f"StepLR({{optimizer}}, step_size={max(1, horizon // 3)}, gamma=0.1)",
        "exponential": f"ExponentialLR({{optimizer}}, gamma={END ** (1 / horizon):.6g})",
        "cosine": f"CosineAnnealingLR({{optimizer}}, T_max={horizon})",
    }[kind]
    return code.add_schedule(f"torch.optim.lr_scheduler.{made}")
