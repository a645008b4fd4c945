"""torchdiag: a check of the gradients and a check for dead neurons, called by hand."""

from typing import Any

import torch

from clinic.peers import Heard, Moment

PACKAGE = "torchdiag==0.1.0"
TAKES_HELD_OUT = False
DRIVEN = True
ABOUT = (
    "`check_gradients(model)` after every backward call, of which the first and the last count; "
    "`check_dead_neurons(model, batch)` on the last batch; all that is not OK"
)

MEANS = {"EXPLODE": "exploding-gradient", "VANISH": "vanishing-gradient", "no_grad": "no-gradient"}
#: Share of dead neurons in a layer, in percent, from which on it warns.
WARNS = 20


class Peer:
    def __init__(self, model: Any, optimizer: Any) -> None:
        self.model = model
        self.first: set[str] = set()
        self.last: set[str] = set()
        self.batch: Any = None

    def after_backward(self, now: Moment) -> None:
        import torchdiag

        self.last = {status["status"] for status in torchdiag.check_gradients(self.model).values()}
        self.first = self.first or self.last
        self.batch = now.batch

    def after_step(self, now: Moment) -> None:
        pass

    def findings(self) -> list[Heard]:
        import torchdiag

        found = []
        if isinstance(self.batch, torch.Tensor):
            dead = torchdiag.check_dead_neurons(self.model, self.batch)
            if any(layer["dead_pct"] > WARNS for layer in dead.values()):
                found.append(Heard(said="dead neurons", means=("dying-relu", "born-dead-relu"), grave=True))
        statuses = sorted((self.first | self.last) & set(MEANS))
        return [*found, *(Heard(said=s, means=(MEANS[s],), grave=True) for s in statuses)]
