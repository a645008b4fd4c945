"""Measuring parameters around a step: runs the parameter probes and gives every parameter its number and name."""

import itertools
import sys
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from rectifier.record import rows
from rectifier.record.writer import Writer
from rectifier.watcher.fetch import fetch
from rectifier.watcher.names import Names
from rectifier.watcher.networks import Networks
from rectifier.watcher.parts import Parts
from rectifier.watcher.probes import ParameterProbe
from rectifier.watcher.steppers import Stepper
from rectifier.watcher.tree import activation_behind
from rectifier.watcher.unnoticed import measuring, observable


class Parameters:
    """`keep` before the step of a look, `measure` after it."""

    def __init__(
        self,
        writer: Writer,
        names: Names,
        networks: Networks,
        probes: list[tuple[str, ParameterProbe]],
        parts: Parts,
        seen: Callable[[], set[int]],
    ) -> None:
        self._seen = seen  # ids of the parameters that functions were seen to be called with
        self._writer, self._names, self._networks, self._probes, self._parts = writer, names, networks, probes, parts
        self._numbers: dict[int, tuple[weakref.ref[Tensor], int]] = {}
        self._next = itertools.count()

    def keep(self, stepper: Stepper) -> None:
        """Keep what the probes need until after the step."""
        parameters = stepper.parameters()
        if not parameters or not observable():
            return  # plain tensors are known only once the first window has seen them used
        with measuring():
            stepper.kept = {
                name: self._parts.attempt(name, probe.before_step, parameters) for name, probe in self._probes
            }

    def measure(self, stepper: Stepper, step: int, *, moved: bool) -> None:
        """Run the probes that something was kept for; those that compare with it only once parameters have moved."""
        if not stepper.kept or not observable():
            return
        parameters = stepper.parameters()
        numbers = self._number(stepper, parameters)
        for name, probe in self._probes:
            if name not in stepper.kept or (probe.needs_move and not moved):
                continue
            kept, of, its = stepper.kept.pop(name), parameters, numbers
            if probe.of_unseen:
                seen = self._seen()
                unseen = [i for i, p in enumerate(parameters) if id(p) not in seen]
                of, its = [parameters[i] for i in unseen], [numbers[i] for i in unseen]
            for row in self._parts.attempt(name, _rows, probe, step, of, its, kept) or ():
                self._writer.put(row)

    def number_of(self, parameter: Tensor | None) -> int | None:
        """The number of a parameter that has been measured."""
        reference, number = self._numbers.get(id(parameter), (None, None))
        return number if reference is not None and reference() is parameter else None

    def _number(self, stepper: Stepper, parameters: Sequence[Tensor]) -> list[int]:
        numbers = []
        for position, parameter in enumerate(parameters):
            reference, number = self._numbers.get(id(parameter), (None, 0))
            if reference is None or reference() is not parameter:
                number = next(self._next)  # no matter how many are gone, whose addresses others have now
                self._numbers[id(parameter)] = (weakref.ref(parameter), number)
                frame = sys._getframe(1)
                name = self._names.of(parameter, frame if stepper.bare else None)
                root = self._names.root(parameter) if parameter.dim() > 1 else None
                behind = None if root is None else activation_behind(parameter, root)
                self._writer.put(
                    rows.Parameter(
                        parameter=number,
                        network=self._networks.of(parameter, frame),
                        name=name or f"parameter {position}",
                        shape="x".join(map(str, parameter.shape)) or "scalar",
                        optimizer=stepper.number,
                        position=position,
                        feeds=None if behind is None else behind.name,
                    )
                )
            numbers.append(number)
        return numbers


def _rows(probe: ParameterProbe, step: int, parameters: list[Tensor], numbers: list[int], kept: Any) -> list[rows.Row]:
    with measuring():
        values = probe.after_step(parameters, kept)
    return list(probe.rows(step, parameters, numbers, tuple(fetch(values))))
