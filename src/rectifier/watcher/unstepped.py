"""Backward calls that no optimizer's step has followed: a loop that moves its parameters itself, or a forgotten step.

Where no optimizer was ever made, every backward call is a step. Where there is one, the calls are steps only if the
parameters move all the same. Else they are counted, and the record says how many there were: gradients that are
accumulated for long, or a loop that forgot to call `step()`.
"""

import json
from collections.abc import Callable

from torch import Tensor
from torch.nn import Parameter

from rectifier.record import rows
from rectifier.record.writer import Writer
from rectifier.watcher.steppers import Steppers
from rectifier.watcher.unnoticed import measuring, observable

#: Backward calls before it is asked whether the parameters move without an optimizer: SAM and other methods move them
#: by hand between two calls of one step. Chosen by us.
FEWEST = 4
#: Of so many parameters so many entries are kept to be compared.
_PARAMETERS, _ENTRIES = 64, 16


class Unstepped:
    """Asked after each backward call until something steps.

    Args:
        leaves: what gradients were asked for in the passes seen so far.
        modes: for each network that was used, whether it is in training mode.
    """

    def __init__(
        self, writer: Writer, steppers: Steppers, leaves: Callable[[], list[Tensor]], modes: Callable[[], list[bool]]
    ) -> None:
        self._writer, self._steppers, self._leaves, self._modes = writer, steppers, leaves, modes
        self._kept: list[tuple[Tensor, Tensor]] = []
        self._compared = False

    def are_steps(self, count: int) -> bool:
        """Whether the backward calls, of which there have been `count` now, are what moves the parameters.

        Found out at the first, second, fourth, ... call, as the garbage collector may have to be asked.
        """
        if not self.asked(count):
            return False
        if not self._steppers.an_optimizer_exists():
            return True
        if not self._kept and observable():
            with measuring():
                self._kept = [(p, _entries(p).clone()) for p in self._leaves()[:_PARAMETERS]]
        elif count >= FEWEST:
            if self._moved():
                self._kept = []
                return True
            self.finish(count)
        return False

    @staticmethod
    def asked(count: int) -> bool:
        """Whether anything is asked after so many calls."""
        return count & (count - 1) == 0

    def finish(self, count: int) -> None:
        """Record how many backward calls there were that no step has followed, and whether they look like training."""
        detail = json.dumps({"calls": count, "training": self._compared and self._look_like_training()})
        self._writer.put(rows.Event(step=0, kind="unstepped", detail=detail))

    def _look_like_training(self) -> bool:
        """Not in evaluation mode, nor by an input: that asks which inputs matter, or makes adversarial ones."""
        modes = self._modes()
        if not modes:
            return True  # tensors alone
        return any(modes) and all(isinstance(leaf, Parameter) for leaf in self._leaves())

    def _moved(self) -> bool:
        if not observable():
            return False
        self._compared = self._compared or bool(self._kept)
        with measuring():
            return any(bool((_entries(p) != before).any()) for p, before in self._kept)


def _entries(parameter: Tensor) -> Tensor:
    return parameter.detach().reshape(-1)[:_ENTRIES]
