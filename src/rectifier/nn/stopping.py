"""Ending a training when the loss on held-out data no longer improves, with the weights it was best with."""

import copy
import math
from typing import Any

from torch import Tensor, nn


class EarlyStopping:
    """Says when to stop a training, and then puts the weights back with which the loss was best.

    Call it with the loss of every evaluation pass: a float or a tensor of one element. It answers True once `patience`
    of them in a row have brought no loss that is more than `min_delta` below the best one; a loss that is not finite is
    none. `model` then has the weights and buffers of the best evaluation again, as `restore` gives them back at any
    time. It holds one copy of them, on their own device.

    Arguments: `patience`, evaluations, at least 1; `min_delta`, in units of the loss, at least 0. Raises ValueError for
    others.

    >>> net = nn.Linear(2, 1)
    >>> stopping = EarlyStopping(net, patience=2)
    >>> for epoch, loss in enumerate([0.9, 0.5, 0.6, 0.55, 0.4]):  # what validation gave
    ...     if stopping(loss):
    ...         break
    >>> epoch, stopping.best
    (3, 0.5)

    Source: Prechelt 1998, "Early stopping - but when?", in Neural Networks: Tricks of the Trade.
    """

    def __init__(self, model: nn.Module, patience: int = 3, min_delta: float = 0.0) -> None:
        if patience < 1:
            raise ValueError(f"patience must be at least 1 evaluation, got {patience}.")
        if not min_delta >= 0:
            raise ValueError(f"min_delta must be at least 0, got {min_delta}.")
        self.best = math.inf
        """The lowest loss so far; infinite before there is one."""
        self.waited = 0
        """Evaluations since then."""
        self._model, self._patience, self._min_delta = model, patience, min_delta
        self._kept: dict[str, Any] | None = None

    def __call__(self, loss: float | Tensor) -> bool:
        """Note the loss of one evaluation; whether to stop."""
        value = float(loss)
        if math.isfinite(value) and (value < self.best - self._min_delta or self.best == math.inf):
            self.best, self.waited = value, 0
            self._kept = {name: _copied(kept) for name, kept in self._model.state_dict().items()}
        else:
            self.waited += 1
        if self.waited < self._patience:
            return False
        self.restore()
        return True

    def restore(self) -> None:
        """Put the weights of the best evaluation back; nothing happens before there is one."""
        if self._kept is not None:  # what the model has got since then, such as a new buffer, stays
            self._model.load_state_dict({**self._model.state_dict(), **self._kept})


def _copied(kept: Any) -> Any:
    """A tensor, or what a module saves beside its tensors."""
    return kept.detach().clone() if isinstance(kept, Tensor) else copy.deepcopy(kept)
