"""Clip the gradients before each step.

`by` is `norm` (torch's `clip_grad_norm_`: all gradients of the optimizer together get a norm of at most `limit`),
`value` (`clip_grad_value_`: every entry lies within ±`limit`) or `unit` (each unit's gradient has at most `limit` times
the norm of its weights, `rectifier.nn.clip_grad_unit_`: adaptive gradient clipping, Brock et al. 2021, whose 0.01 is a
good `limit`).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rectifier.treat.code import Code
    from rectifier.treat.inside.script import Script

PARAMETERS = {"by": "norm", "limit": 1.0}
SAFETY = "unsafe"
NAMES = {"clip-gradients": ({"by": "norm", "limit": 1.0}, {"by": "unit", "limit": 0.01})}
ILLNESSES = {
    "exploding-gradient": ({"by": "norm", "limit": 1.0}, {"by": "value", "limit": 0.1}, {"by": "unit", "limit": 0.01}),
    "learning-rate-too-high": ({"by": "norm", "limit": 1.0},),
    "dying-relu": ({"by": "norm", "limit": 1.0},),
    "non-finite": ({"by": "norm", "limit": 1.0},),
}


def label(by: str, limit: float) -> str:
    return f"clip-gradients: {by} {limit:g}"


def summary(by: str, limit: float) -> str:
    return {
        "norm": f"Clip the norm of the gradient at {limit:g} before each step.",
        "value": f"Clip every entry of the gradient to within ±{limit:g} before each step.",
        "unit": f"Clip each unit's gradient at {limit:g} times the norm of its weights before each step.",
    }[by]


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    from torch.nn import utils

    from rectifier.nn.clip import clip_grad_unit_

    clips: dict[str, Callable[..., Any]] = {
        "norm": utils.clip_grad_norm_,
        "value": utils.clip_grad_value_,
        "unit": clip_grad_unit_,
    }
    clip = clips[parameters["by"]]

    def before(optimizer: Any) -> None:
        found = [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        if found:
            script.acted["clip-gradients"] += 1
            clip(found, parameters["limit"])

    script.before_step(before)


def edit(code: "Code", by: str, limit: float) -> bool:
    clip = {"norm": "torch.nn.utils.clip_grad_norm_", "value": "torch.nn.utils.clip_grad_value_"}.get(by)
    if clip is not None:
        return code.before_steps(f"{clip}({{parameters}}, {limit:g})", needs="torch")
    return code.before_steps(f"rectifier.nn.clip_grad_unit_({{parameters}}, {limit:g})", needs="rectifier.nn")
