"""Changing a hyperparameter for the time of a step, so that the script's own scheduler keeps working underneath."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rectifier.treat.inside.script import Script


def during_steps(script: "Script", key: str, change: Callable[[Any, int], Any], remedy: str) -> None:
    """Give every parameter group `change(value, steps taken)` for its value of `key` while its optimizer steps.

    Between steps the value is the script's own: what its schedulers read and write is what they always do.
    """
    own: dict[int, tuple[dict[str, Any], Any]] = {}
    taken: dict[int, int] = {}

    def restore() -> None:
        for group, value in own.values():
            group[key] = value
        own.clear()

    def before(optimizer: Any) -> None:
        restore()  # of a step that raised
        for group in optimizer.param_groups:
            if key in group:
                own[id(group)] = (group, group[key])
                group[key] = change(group[key], taken.get(id(optimizer), 0))
                script.acted[remedy] += 1

    def after(optimizer: Any) -> None:
        taken[id(optimizer)] = taken.get(id(optimizer), 0) + 1
        restore()

    script.before_step(before)
    script.after_step(after)
