"""Use another optimizer: Adam at its usual rate in place of SGD and its like. Tried only when all else has failed.

What the script makes as SGD, RMSprop, Adagrad, Adadelta, ASGD or Rprop becomes Adam of the learning rate `rate`; its
parameter groups, their shares of the rate, weight decay and schedulers stay. A script that uses another optimizer is
left as it is.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rectifier.treat.code import Code
    from rectifier.treat.inside.script import Script

PARAMETERS = {"rate": 1e-3}
SAFETY = "unsafe"
NAMES = {"adaptive-optimizer": ({"rate": 1e-3},)}
ILLNESSES: dict[str, tuple[dict[str, Any], ...]] = {}  # the last resort of the search, see `search.py`

REPLACED = ("SGD", "RMSprop", "Adagrad", "Adadelta", "ASGD", "Rprop")


def label(rate: float) -> str:
    return f"adaptive-optimizer: Adam {rate:g}"


def summary(rate: float) -> str:
    return f"Use Adam with a learning rate of {rate:g}."


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    import functools

    import torch
    from torch.optim import Adam

    defaults = dict(Adam([torch.zeros(1)], lr=parameters["rate"]).defaults)

    def becoming(kind: Any) -> Any:
        original = kind.__init__

        @functools.wraps(original)
        def initialise(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            if type(self) is not kind:
                return
            decay, rate = self.defaults.get("weight_decay", 0), self.defaults.get("lr")
            self.__class__ = Adam
            self.defaults = {**defaults, "weight_decay": decay}
            for group in self.param_groups:
                own = {key: group[key] for key in ("params", "weight_decay") if key in group}
                share = group["lr"] / rate if "lr" in group and rate else 1.0
                group.clear()
                group.update({**self.defaults, **own, "lr": self.defaults["lr"] * share})
            self.state.clear()
            script.acted["optimizer"] += 1

        return initialise

    for name in REPLACED:
        kind = getattr(torch.optim, name)
        kind.__init__ = becoming(kind)


def edit(code: "Code", rate: float) -> bool:
    return code.replace_optimizer("Adam", f"lr={rate:g}", REPLACED)
