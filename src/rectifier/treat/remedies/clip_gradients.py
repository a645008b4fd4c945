"""Clip the gradients before each step.

`by` is `norm` (torch's `clip_grad_norm_`: all gradients of the optimizer together get a norm of at most `limit`),
`value` (`clip_grad_value_`: every entry lies within ±`limit`) or `unit` (each unit's gradient has at most `limit` times
the norm of its weights: adaptive gradient clipping, Brock et al. 2021, whose 0.01 is a good `limit`).
"""

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

#: Smallest norm that a unit's weights count with, so that those that begin at zero can grow. Brock et al. 2021.
SMALLEST = 1e-3


def summary(by: str, limit: float) -> str:
    return {
        "norm": f"Clip the norm of the gradient at {limit:g} before each step.",
        "value": f"Clip every entry of the gradient to within ±{limit:g} before each step.",
        "unit": f"Clip each unit's gradient at {limit:g} times the norm of its weights before each step.",
    }[by]


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    import torch
    from torch.nn import utils

    by, limit = parameters["by"], parameters["limit"]

    def before(optimizer: Any) -> None:
        found = [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        if not found:
            return
        script.acted["clip-gradients"] += 1
        if by == "norm":
            utils.clip_grad_norm_(found, limit)
        elif by == "value":
            utils.clip_grad_value_(found, limit)
        else:
            with torch.no_grad():
                for p in found:
                    _clip_units(p, limit)

    script.before_step(before)


def _clip_units(p: Any, limit: float) -> None:
    rest = tuple(range(1, p.dim()))
    norm = p.norm(dim=rest, keepdim=True) if rest else p.norm()
    largest = norm.clamp(min=SMALLEST) * limit
    found = p.grad.norm(dim=rest, keepdim=True) if rest else p.grad.norm()
    p.grad.mul_((largest / found.clamp(min=1e-12)).clamp(max=1.0))


def edit(code: "Code", by: str, limit: float) -> bool:
    if by == "unit":
        return False
    clip = {"norm": "clip_grad_norm_", "value": "clip_grad_value_"}[by]
    return code.before_steps(f"torch.nn.utils.{clip}({{parameters}}, {limit:g})")
