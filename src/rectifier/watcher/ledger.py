"""Which losses a step is about: those of the backward calls whose gradients it applies, however many optimizers there
are, in whatever order they step.

Of each optimizer one parameter is watched. A backward call that changes its gradient is on the optimizer's account. The
account begins anew where that gradient has been cleared since, as sharpness-aware minimisation does between its two
passes, and at the first call after the optimizer's step. Two losses of one step are thus added where their gradients
are, and a loss from which several optimizers step is each one's.
"""

import weakref
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor

#: Parameters that are watched before the optimizers that hold them are known.
EARLY = 256
#: Entries of a gradient that tell whether it has been cleared in place.
_ENTRIES = 16

Loss = float | Tensor
#: Of a gradient: its identity, and how often it has been written to. None: there is none.
Mark = tuple[int, int] | None
#: Parameter, loss, whether its optimizer has stepped since, and the two numbers of what was left: for the native lane.
State = tuple[weakref.ref[Tensor] | None, float | None, bool, int, int]


class Account:
    """The losses that are in a parameter's gradient."""

    __slots__ = ("before", "left", "loss", "parameter", "stepped")

    def __init__(self, parameter: Tensor) -> None:
        self.parameter = weakref.ref(parameter)
        self.loss: Loss | None = None
        self.stepped = False  #: whether its optimizer has stepped since the last backward call
        self.left: Mark = None  #: its gradient when the last backward call had ended
        self.before: Mark = None  #: and when the running one began

    def begin(self) -> None:
        """A backward call begins."""
        gradient = self._gradient()
        self.before = _mark(gradient)
        if self.stepped or gradient is None or (self.before != self.left and _is_cleared(gradient)):
            self.loss = None
        self.stepped = False

    def end(self, loss: Loss | None) -> None:
        """It has ended."""
        self.left = _mark(self._gradient())
        if loss is not None and self.left is not None and self.left != self.before:
            self.loss = loss if self.loss is None else self.loss + loss

    def has_gradient(self) -> bool:
        """Whether its parameter has one now."""
        return self._gradient() is not None

    def _gradient(self) -> Tensor | None:
        parameter = self.parameter()
        return None if parameter is None else parameter.grad


class Ledger:
    """The accounts of all optimizers."""

    def __init__(self) -> None:
        self._of: dict[int, Account] = {}  # by the optimizer's number
        self._early: dict[int, Account] = {}  # by the parameter's id, until its optimizer is known
        self.since_step: Loss | None = None  #: losses since any optimizer's step: for one of which no account is known
        self.running: Loss | None = None  #: of the backward call that is running

    def begin(self, loss: Loss | None, leaves: Iterable[Tensor] = ()) -> None:
        """A backward call begins; `leaves` are parameters of which the optimizer is not known yet."""
        for leaf in leaves:
            if len(self._early) < EARLY and id(leaf) not in self._early:
                self._early[id(leaf)] = Account(leaf)
        self.running = loss
        if loss is not None:
            self.since_step = loss if self.since_step is None else self.since_step + loss
        for account in self._accounts():
            account.begin()

    def end(self) -> None:
        """It has ended."""
        for account in self._accounts():
            account.end(self.running)
        self.running = None

    def step(self, number: int, parameters: Callable[[], list[Tensor]]) -> Loss | None:
        """The loss of a step that an optimizer has taken."""
        alone, self.since_step = self.since_step, None
        account = self._of.get(number)
        if self.running is not None:  # it steps within the call
            return self.running if account is None or account.loss is None else account.loss + self.running
        if account is None or not account.has_gradient():
            account = self._open(number, parameters(), alone)
        if account is None:
            return alone
        account.stepped = True
        return account.loss

    def skip(self) -> None:
        """The gradients that there are were not finite and are left out."""
        self.since_step = None
        for account in self._accounts():
            account.stepped = True

    def settle(self) -> None:
        """From here on only the optimizers' own accounts are kept."""
        self._early.clear()

    def states(self, numbers: Iterable[int]) -> list[State] | None:
        """What the native lane goes on from; None where a loss lies on another device, which it does not read."""
        found: list[State] = []
        for number in numbers:
            account = self._of.get(number)
            if account is None:
                found.append((None, None, False, 0, 0))
            elif isinstance(account.loss, Tensor):
                return None
            else:
                found.append((account.parameter, account.loss, account.stepped, *(account.left or (0, 0))))
        return found

    def restore(self, number: int, loss: float | None, stepped: bool, left: Mark, before: Mark) -> None:
        """What the lane has come to."""
        if (account := self._of.get(number)) is not None:
            account.loss, account.stepped, account.left, account.before = loss, stepped, left, before

    def _open(self, number: int, parameters: list[Tensor], alone: Loss | None) -> Account | None:
        """The account of a parameter that has a gradient now; its losses are known if it was watched before."""
        moved = [p for p in parameters if p.grad is not None]
        if not moved:
            return None
        for parameter in moved:
            account = self._early.get(id(parameter))
            if account is not None and account.parameter() is parameter and account.loss is not None:
                break
        else:
            account = Account(moved[0])
            account.loss = alone
        self._of[number] = account
        for parameter in parameters:
            self._early.pop(id(parameter), None)
        return account

    def _accounts(self) -> Iterator[Account]:
        yield from self._of.values()
        yield from self._early.values()


def _mark(gradient: Tensor | None) -> Mark:
    return None if gradient is None else (id(gradient), gradient._version)


def _is_cleared(gradient: Tensor) -> bool:
    """Whether a gradient that was written to since the last call is zero. Where it lies on another device, it is taken
    to be: to wait for it would cost more, and clipping between two calls of one step is rare."""
    if gradient.layout != torch.strided:
        return False
    return not gradient.is_cpu or not bool(gradient.detach().reshape(-1)[:_ENTRIES].any())
