"""A record as histories that rules can reason about. Computed once per diagnosis, and only what is asked for."""

import itertools
import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rectifier.record import rows
from rectifier.record.reader import Record

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteHistory:
    """What was seen of one activation, look by look. Arrays share their first axis; NaN where nothing was measured."""

    site: rows.Site
    steps: NDArray[np.int64]
    seen: NDArray[np.int64]  #: samples
    active: NDArray[np.int64]  #: (looks, units) samples with a non-zero slope; no columns if it cannot die
    rms: Floats
    spread: Floats
    signal: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterHistory:
    """What was seen of one parameter, look by look."""

    parameter: rows.Parameter
    steps: NDArray[np.int64]
    gradient: Floats  #: norm; NaN where there was none
    weight: Floats  #: norm
    update: Floats  #: ratio; NaN where not measured

    @property
    def is_matrix(self) -> bool:
        return "x" in self.parameter.shape


class Evidence:
    """Everything a rule may look at."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.run = record.run

    @cached_property
    def optimizers(self) -> list[rows.Optimizer]:
        return self._record.rows(rows.Optimizer)

    @cached_property
    def steps(self) -> list[rows.Step]:
        return self._record.rows(rows.Step)

    @cached_property
    def looks(self) -> list[rows.Look]:
        return self._record.rows(rows.Look)

    @cached_property
    def events(self) -> list[tuple[rows.Event, dict[str, str]]]:
        return [(event, json.loads(event.detail)) for event in self._record.rows(rows.Event)]

    @property
    def step_count(self) -> int:
        """Steps of the optimizer that stepped most."""
        return max((s.step + 1 for s in self.steps), default=0)

    @cached_property
    def losses(self) -> dict[int, tuple[NDArray[np.int64], Floats]]:
        """Steps and losses per optimizer, where a loss was seen."""
        found: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for s in self.steps:
            if s.loss is not None:
                found[s.optimizer].append((s.step, s.loss))
        return {
            optimizer: (np.array([s for s, _ in pairs]), np.array([loss for _, loss in pairs]))
            for optimizer, pairs in found.items()
        }

    @cached_property
    def single_loss(self) -> tuple[NDArray[np.int64], Floats] | None:
        """Steps and losses of the only optimizer; None where several play against each other, or no loss was seen."""
        return next(iter(self.losses.values())) if len(self.losses) == 1 else None

    @property
    def progress(self) -> float | None:
        """How far the loss of the only optimizer has come, see `progress_of`."""
        return _progress(self.single_loss[1]) if self.single_loss is not None else None

    def progress_of(self, history: "SiteHistory") -> float | None:
        """How far the loss has come that trained this site: 0 where it began (or worse), 1 at zero.

        None if it cannot be said: no loss, one that is negative or not finite, or one of several optimizers that take
        turns, whose losses need not fall. Trainings one after the other (cross-validation) are told apart.
        """
        if self.single_loss is not None or history.site.weight is None or self._taking_turns:
            return self.progress
        owner = {p.parameter: p.optimizer for p in self._record.rows(rows.Parameter)}.get(history.site.weight)
        return _progress(self.losses[owner][1]) if owner in self.losses else None

    @cached_property
    def _taking_turns(self) -> bool:
        order = [s.optimizer for s in self.steps]
        changes = sum(a != b for a, b in itertools.pairwise(order))
        return changes > len(set(order)) - 1

    @cached_property
    def sites(self) -> list[SiteHistory]:
        """Activations in the order of the forward pass."""
        activity = _by(self._record.rows(rows.Activity), "site")
        scale = _by(self._record.rows(rows.Scale), "site")
        signal = _by(self._record.rows(rows.Signal), "site")
        found = []
        for site in self._record.rows(rows.Site):
            a, b, c = activity[site.site], scale[site.site], signal[site.site]
            steps = sorted({*a, *b, *c})
            width = site.units if a else 0
            active = np.zeros((len(steps), width), np.int64)
            for i, step in enumerate(steps):
                if step in a:
                    counts = np.frombuffer(a[step].active, "<u4")
                    if len(counts) == width:
                        active[i] = counts
            found.append(
                SiteHistory(
                    site=site,
                    steps=np.array(steps, np.int64),
                    seen=np.array([a[s].seen if s in a else 0 for s in steps], np.int64),
                    active=active,
                    rms=np.array([b[s].rms if s in b else np.nan for s in steps]),
                    spread=np.array([b[s].spread if s in b else np.nan for s in steps]),
                    signal=np.array([c[s].rms if s in c else np.nan for s in steps]),
                )
            )
        return sorted(found, key=lambda h: h.site.position)

    @cached_property
    def parameters(self) -> list[ParameterHistory]:
        """Parameters in the order in which the optimizers hold them."""
        gradients = _by(self._record.rows(rows.Gradient), "parameter")
        updates = _by(self._record.rows(rows.Update), "parameter")
        found = []
        for parameter in self._record.rows(rows.Parameter):
            g, u = gradients[parameter.parameter], updates[parameter.parameter]
            steps = sorted(g)
            norms = [g[s].norm for s in steps]
            found.append(
                ParameterHistory(
                    parameter=parameter,
                    steps=np.array(steps, np.int64),
                    gradient=np.array([np.nan if n is None else n for n in norms]),
                    weight=np.array([g[s].weight for s in steps]),
                    update=np.array([u[s].ratio if s in u else np.nan for s in steps]),
                )
            )
        return found


Measured = TypeVar("Measured", rows.Activity, rows.Scale, rows.Signal, rows.Gradient, rows.Update)


def _progress(losses: Floats) -> float | None:
    """From the first loss (or the median of the first five, if that is lower) to the mean of the last tenth."""
    if len(losses) < 10 or not np.all(np.isfinite(losses)) or np.min(losses) < 0:
        return None
    start = min(float(losses[0]), float(np.median(losses[:5])))
    return 1 - float(np.mean(losses[-max(5, len(losses) // 10) :])) / start if start > 0 else None


def _by(found: list[Measured], key: str) -> dict[int, dict[int, Measured]]:
    grouped: dict[int, dict[int, Measured]] = defaultdict(dict)
    for row in found:
        grouped[getattr(row, key)][row.step] = row
    return grouped
