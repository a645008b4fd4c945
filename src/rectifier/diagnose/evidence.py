"""A record as histories that rules can reason about. Computed once per diagnosis, and only what is asked for."""

import itertools
import json
import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rectifier import catalogue
from rectifier.diagnose.finding import Where
from rectifier.diagnose.networks import Networks
from rectifier.record import rows
from rectifier.record.combine import combine
from rectifier.record.reader import Record

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteHistory:
    """What was seen of one activation, look by look. Arrays share their first axis; NaN where nothing was measured.

    A layer is its weight: what is called on several lines of the script is one activation.
    """

    site: rows.Site  #: the first of its lines
    number: int  #: in the order of the evidence
    after: int | None  #: number of the one before it on the way through the network
    network: str | None  #: what holds the network
    label: str  #: what the layer is called in a sentence
    steps: NDArray[np.int64]
    seen: NDArray[np.int64]  #: samples
    active: NDArray[np.int64]  #: (looks, units) samples with a non-zero slope; no columns if it cannot die
    rms: Floats
    spread: Floats
    signal: Floats
    outputs: NDArray[np.int64]
    non_zero: NDArray[np.int64]
    flat: Floats  #: share of outputs where a bounded activation has next to no slope
    stuck: Floats  #: share of the units that are there for more than 95% of their outputs
    by_gradient: bool = False  #: not seen at work: `active` counts looks at which a unit got a gradient, not samples
    copies: int = 1  #: in how many copies of the network it was seen, where they are taken together

    def place(self, affected: int | None = None) -> Where:
        """Where it is; how many of its units are ill: all, if nothing else is said."""
        return Where(
            network=self.network,
            layer=self.site.layer or self.site.source,
            activation=self.site.activation or None,
            units=self.site.units,
            affected=self.site.units if affected is None else affected,
            source=self.site.source or None,
            copies=self.copies,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterHistory:
    """What was seen of one parameter, look by look."""

    parameter: rows.Parameter
    network: str | None  #: what holds the network
    label: str  #: what it is called in a sentence: its name, with its network where there are several
    steps: NDArray[np.int64]
    gradient: Floats  #: norm; NaN where there was none, see `missing`
    missing: NDArray[np.bool_]  #: where there was no gradient
    weight: Floats  #: norm
    update: Floats  #: ratio; NaN where not measured
    difference: Floats  #: how much its units differ; NaN where not measured

    @property
    def is_matrix(self) -> bool:
        return "x" in self.parameter.shape

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(map(int, self.parameter.shape.split("x"))) if self.parameter.shape != "scalar" else ()

    @property
    def layer(self) -> str:
        """The module that owns it: `net.0` for `net.0.weight`."""
        return self.parameter.name.rpartition(".")[0] or self.parameter.name

    @property
    def layer_label(self) -> str:
        """What that module is called in a sentence."""
        return self.label.removesuffix(self.parameter.name) + self.layer

    def place(self) -> Where:
        """Where it is, with all of its units."""
        units = self.sizes[0] if self.sizes else 0
        return Where(network=self.network, layer=self.layer, activation=None, units=units, affected=units, source=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionHistory:
    """What a loss function gave in training, look by look."""

    name: str
    source: str
    steps: NDArray[np.int64]
    values: Floats
    trivial: float | None  #: loss of the best prediction that ignores the input, over all targets seen
    layer: str | None  #: the layer whose outputs it was given first; None if it is not known
    weight: int | None  #: `Parameter.parameter` of its weight


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationHistory:
    """The passes of one evaluation: one loss function, called from one place."""

    name: str
    source: str
    steps: NDArray[np.int64]
    losses: Floats
    samples: int  #: of the largest pass


class Evidence:
    """Everything a rule may look at."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.run = record.run

    @cached_property
    def processes(self) -> list[rows.Process]:
        return self._record.rows(rows.Process)

    @cached_property
    def unended(self) -> list[rows.Process]:
        """The processes that still run, or whose record breaks off."""
        return self._record.unended

    @cached_property
    def lost(self) -> list[str]:
        """What could not be recorded, as the writers said it."""
        return self._record.losses

    @cached_property
    def unwatched(self) -> list[str]:
        """Why the run, or a part of it, could not be watched: then nothing that was seen says that all is well."""
        told = [
            f"{d.get('lost') or d['part']}: {d['error']}" + (f", from step {e.step} on" if e.step else "")
            for e, d in self.events
            if e.kind == "unwatched"
        ]
        return list(dict.fromkeys([*self._record.unwatched, *told]))

    @cached_property
    def unstepped(self) -> tuple[int, bool] | None:
        """How many backward calls there were that no optimizer's step followed, and whether they look like training
        (`watcher/unstepped.py`); None if something stepped."""
        found = [detail for event, detail in self.events if event.kind == "unstepped"]
        return (found[-1]["calls"], found[-1]["training"]) if found and not self.steps else None

    @cached_property
    def versions(self) -> dict[str, str]:
        """Releases of `torch` and `python` that trained; `newest_tested` where that torch is newer than any tried."""
        return next((detail for event, detail in self.events if event.kind == "versions"), {})

    @cached_property
    def unfollowed(self) -> list[str]:
        """Commands that the script started and that may have trained, unseen."""
        return self._record.unfollowed

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
    def events(self) -> list[tuple[rows.Event, dict[str, Any]]]:
        return [(event, json.loads(event.detail)) for event in self._record.rows(rows.Event)]

    @cached_property
    def scheduled_from(self) -> float | None:
        """The rate from which torch's scheduler makes those of the steps; None without one, or with several."""
        found = {detail["rate"] for event, detail in self.events if event.kind == "scheduled"}
        return float(found.pop()) if len(found) == 1 else None

    @property
    def starts_low(self) -> bool:
        """Whether the learning rate is raised over the first steps already: it begins below half of its largest."""
        rates = [s.rate for s in self.steps if s.rate is not None]
        return bool(rates) and rates[0] < max(rates) / 2

    @property
    def distinct(self) -> int | None:
        """How many different samples were seen at looks; None where that is not known, or they are many."""
        return self.looks[-1].distinct if self.looks else None

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
    def trainings(self) -> dict[int, int]:
        """Per optimizer with losses the first one that steps after the same backward calls: together they are one
        training, whatever the order in which they step."""
        found: dict[int, int] = {}
        for number, (steps, losses) in self.losses.items():
            own = dict(zip(steps.tolist(), losses.tolist(), strict=True))
            for first in dict.fromkeys(found.values()):
                other = dict(zip(*map(np.ndarray.tolist, self.losses[first]), strict=True))
                both = own.keys() & other.keys()
                if 2 * len(both) > min(len(own), len(other)) and all(_alike(own[s], other[s]) for s in both):
                    found[number] = first
                    break
            else:
                found[number] = number
        return found

    @cached_property
    def single_loss(self) -> tuple[NDArray[np.int64], Floats] | None:
        """Steps and losses of the one training; None if no loss was seen, or if there are several trainings: optimizers
        that play against each other, or one after the other with parameters of their own.

        An optimizer that goes on with the parameters of the one before continues its training.
        """
        apart = sorted(set(self.trainings.values()))
        if len(apart) == 1:
            return max((self.losses[number] for number in self.trainings), key=lambda found: len(found[0]))
        trained = {self.trainings[p.optimizer] for p in self._record.rows(rows.Parameter) if p.optimizer in self.losses}
        if len(trained) != 1 or self._taking_turns:
            return None
        steps, losses = zip(*(self.losses[number] for number in apart), strict=True)
        return np.concatenate(steps), np.concatenate(losses)

    @cached_property
    def criteria(self) -> list[CriterionHistory]:
        """The loss functions of torch that were called in training."""
        grouped: dict[tuple[str, str], list[rows.Criterion]] = defaultdict(list)
        for row in self._record.rows(rows.Criterion):
            grouped[row.name, row.source].append(row)
        return [
            CriterionHistory(
                name=name,
                source=source,
                steps=np.array([row.step for row in found], np.int64),
                values=np.array([row.value for row in found]),
                trivial=found[-1].trivial,
                layer=next((row.layer for row in found if row.layer is not None), None),
                weight=next((row.weight for row in found if row.weight is not None), None),
            )
            for (name, source), found in grouped.items()
        ]

    @cached_property
    def criterion(self) -> tuple[CriterionHistory, float] | None:
        """The loss function that is trained on, and what the script multiplies it with; None if there is none such."""
        if self.single_loss is None:
            return None
        losses = dict(zip(*map(np.ndarray.tolist, self.single_loss), strict=True))
        for history in self.criteria:
            pairs = [(v, losses.get(s, math.nan)) for s, v in zip(history.steps.tolist(), history.values, strict=True)]
            factors = np.array([loss / v for v, loss in pairs if v and math.isfinite(v) and math.isfinite(loss)])
            if not len(factors):
                continue
            middle = float(np.median(factors))
            # A loss that is finite for a step or two shows no common factor: then it is to be the function itself.
            if len(factors) < 3 and abs(middle - 1) > 0.02:
                continue
            if np.mean(np.abs(factors - middle) <= 0.02 * abs(middle)) >= 0.8:
                return history, middle
        return None

    @cached_property
    def trivial_loss(self) -> float | None:
        """What the loss would be if the prediction ignored its input. None if the loss is not one function of torch's,
        or its trivial value is not known."""
        if self.criterion is None or self.criterion[0].trivial is None:
            return None
        return self.criterion[0].trivial * self.criterion[1]

    @cached_property
    def skill(self) -> float | None:
        """How much of the trivial loss training has taken away by the end: 0 for a prediction that ignores the input, 1
        for a perfect one."""
        if self.single_loss is None or not self.trivial_loss:
            return None
        losses = self.single_loss[1]
        end = float(np.mean(losses[-max(5, len(losses) // 10) :]))
        return 1 - end / self.trivial_loss if math.isfinite(end) else None

    @cached_property
    def evaluations(self) -> list[EvaluationHistory]:
        """The evaluation passes, by what was called from where."""
        grouped: dict[tuple[str, str], list[rows.Evaluation]] = defaultdict(list)
        for row in self._record.rows(rows.Evaluation):
            grouped[row.name, row.source].append(row)
        return [
            EvaluationHistory(
                name=name,
                source=source,
                steps=np.array([row.step for row in found], np.int64),
                losses=np.array([row.loss for row in found]),
                samples=max(row.samples for row in found),
            )
            for (name, source), found in grouped.items()
        ]

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
        order = [self.trainings.get(s.optimizer, s.optimizer) for s in self.steps]
        changes = sum(a != b for a, b in itertools.pairwise(order))
        return changes > len(set(order)) - 1

    @cached_property
    def networks(self) -> Networks:
        """The networks that were trained."""
        passes: list[list[int]] = next((d["passes"] for e, d in reversed(self.events) if e.kind == "passes"), [])
        used = [row.network for row in self._record.rows(rows.Site)]
        used += [row.network for row in self._record.rows(rows.Parameter)]
        return Networks(self._record.rows(rows.Network), passes, [n for n in used if n is not None])

    @cached_property
    def sites(self) -> list[SiteHistory]:
        """Activations in the order of the forward pass."""
        activity = _by(self._record.rows(rows.Activity), "site")
        scale = _by(self._record.rows(rows.Scale), "site")
        signal = _by(self._record.rows(rows.Signal), "site")
        saturation = _by(self._record.rows(rows.Saturation), "site")
        lines: dict[object, list[rows.Site]] = defaultdict(list)
        for site in self._record.rows(rows.Site):
            lines[_layer_of(site)].append(site)
        layers = sorted(lines.values(), key=lambda layer: min(site.position for site in layer))
        numbers = {site.site: number for number, layer in enumerate(layers) for site in layer}
        found = []
        for number, layer in enumerate(layers):
            a, b = _merged(layer, activity), _merged(layer, scale)
            c, d = _merged(layer, signal), _merged(layer, saturation)
            site = layer[0]
            steps = sorted({*a, *b, *c, *d})
            width = site.units if a else 0
            active = np.zeros((len(steps), width), np.int64)
            for i, step in enumerate(steps):
                if step in a:
                    counts = np.frombuffer(a[step].active, "<u4")
                    if len(counts) == width:
                        active[i] = counts
            before = [n for s in layer if s.after is not None and (n := numbers.get(s.after)) != number]
            found.append(
                SiteHistory(
                    site=site,
                    number=number,
                    after=before[0] if before else None,
                    network=self.networks.name(site.network),
                    label=self.networks.label(site.network, site.layer or site.source),
                    steps=np.array(steps, np.int64),
                    seen=np.array([a[s].seen if s in a else 0 for s in steps], np.int64),
                    active=active,
                    rms=np.array([b[s].rms if s in b else np.nan for s in steps]),
                    spread=np.array([b[s].spread if s in b else np.nan for s in steps]),
                    signal=np.array([c[s].rms if s in c else np.nan for s in steps]),
                    outputs=np.array([a[s].outputs if s in a else 0 for s in steps], np.int64),
                    non_zero=np.array([a[s].non_zero if s in a else 0 for s in steps], np.int64),
                    flat=np.array([d[s].share if s in d else np.nan for s in steps]),
                    stuck=np.array([d[s].stuck if s in d else np.nan for s in steps]),
                )
            )
        return found

    @cached_property
    def unseen(self) -> set[int]:
        """Numbers of the parameters whose layers were not seen at work."""
        return {row.parameter for row in self._record.rows(rows.Reach)}

    @cached_property
    def unseen_layers(self) -> list[SiteHistory]:
        """Layers that were not seen at work and may feed a rectifier, by which of their units got a gradient.

        What lies before a layer that is silent as a whole gets no gradient either, so that only the last of such layers
        in a row is one of them; without a bias, what lies behind a silent layer gets none, as all its inputs are zero.
        """
        reach = _by(self._record.rows(rows.Reach), "parameter")
        biases = {
            (p.parameter.network, p.layer): reach[p.parameter.parameter]
            for p in self.parameters
            if not p.is_matrix and p.parameter.name.endswith("bias")
        }
        found: list[SiteHistory] = []
        silent: tuple[str | None, bool] | None = None  # of the layer before: its network, if it is silent as a whole
        for p in self.parameters:
            its = reach[p.parameter.parameter]
            if not p.is_matrix or len(its) <= len(p.steps) / 2:
                continue  # the first look of a script without modules sees no functions
            its_bias = biases.get((p.parameter.network, p.layer), {})
            steps = sorted(its)
            active = np.array([np.frombuffer(its[s].reached, "<u4") for s in steps]).astype(np.int64)
            for i, step in enumerate(steps):
                if step in its_bias and len(its_bias[step].reached) == len(its[step].reached):
                    active[i] = np.maximum(active[i], np.frombuffer(its_bias[step].reached, "<u4"))
            whole = not active.any()
            behind_silence = silent == (p.network, True)
            if whole and behind_silence:
                if its_bias:
                    found.pop()  # it got nothing because this one is silent
                else:
                    continue
            silent = (p.network, whole)
            if p.parameter.feeds is None or _rectifies(p.parameter.feeds):
                found.append(self._by_gradient(p, np.array(steps, np.int64), [its[s].looks for s in steps], active))
            else:
                silent = None
        return found

    def _by_gradient(
        self, p: ParameterHistory, steps: NDArray[np.int64], looks: list[int], active: NDArray[np.int64]
    ) -> SiteHistory:
        row = p.parameter
        site = rows.Site(
            site=-1, network=row.network, layer=p.layer, weight=row.parameter, nth=0, after=None,
            activation=row.feeds or "", source="", units=active.shape[1], position=row.position, rectifies=True,
            feeds=True,
        )  # fmt: skip
        nothing, none = np.full(len(steps), np.nan), np.zeros(len(steps), np.int64)
        return SiteHistory(
            site=site,
            number=-1,
            after=None,
            network=p.network,
            label=p.layer_label,
            steps=steps,
            seen=np.array(looks, np.int64),
            active=active,
            rms=nothing,
            spread=nothing,
            signal=nothing,
            outputs=none,
            non_zero=none,
            flat=nothing,
            stuck=nothing,
            by_gradient=True,
        )

    @cached_property
    def parameters(self) -> list[ParameterHistory]:
        """Parameters in the order in which the optimizers hold them."""
        gradients = _by(self._record.rows(rows.Gradient), "parameter")
        updates = _by(self._record.rows(rows.Update), "parameter")
        differences = _by(self._record.rows(rows.Difference), "parameter")
        found = []
        for parameter in self._record.rows(rows.Parameter):
            g, u = gradients[parameter.parameter], updates[parameter.parameter]
            d = differences[parameter.parameter]
            steps = sorted(g)
            norms = [g[s].norm for s in steps]
            found.append(
                ParameterHistory(
                    parameter=parameter,
                    network=self.networks.name(parameter.network),
                    label=self.networks.label(parameter.network, parameter.name),
                    steps=np.array(steps, np.int64),
                    gradient=np.array([np.nan if n is None else n for n in norms]),
                    missing=np.array([n is None for n in norms], np.bool_),
                    weight=np.array([g[s].weight for s in steps]),
                    update=np.array([u[s].ratio if s in u else np.nan for s in steps]),
                    difference=np.array([d[s].spread if s in d else np.nan for s in steps]),
                )
            )
        return found


Measured = TypeVar(
    "Measured",
    rows.Activity,
    rows.Saturation,
    rows.Scale,
    rows.Signal,
    rows.Gradient,
    rows.Update,
    rows.Reach,
    rows.Difference,
)


def _rectifies(activation: str) -> bool:
    """Whether an activation has a region of zero slope, so that a unit can be dead."""
    member = catalogue.get(activation)
    return bool(member.facts(*member.defaults).zero_slope)


def _progress(losses: Floats) -> float | None:
    """From the first loss (or the median of the first five, if that is lower) to the mean of the last tenth."""
    if len(losses) < 10 or not np.all(np.isfinite(losses)) or np.min(losses) < 0:
        return None
    start = min(float(losses[0]), float(np.median(losses[:5])))
    return 1 - float(np.mean(losses[-max(5, len(losses) // 10) :])) / start if start > 0 else None


def _layer_of(site: rows.Site) -> object:
    """What the lines have in common on which one activation of one layer is called."""
    if site.weight is None and (site.network is None or not site.layer):
        return site.site
    return site.network, site.layer, site.weight, site.activation, site.nth, site.units


def _merged(group: list[rows.Site], by_site: dict[int, dict[int, Measured]]) -> dict[int, Measured]:
    """What was measured at several lines, step by step: counts add up, sizes are averaged."""
    if len(group) == 1:
        return by_site[group[0].site]
    together: dict[int, list[Measured]] = defaultdict(list)
    for site in group:
        for step, row in by_site[site.site].items():
            together[step].append(row)
    return {step: combine(found, ("step", "site")) for step, found in together.items()}


def _alike(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _by(found: list[Measured], key: str) -> dict[int, dict[int, Measured]]:
    grouped: dict[int, dict[int, Measured]] = defaultdict(dict)
    for row in found:
        grouped[getattr(row, key)][row.step] = row
    return grouped
