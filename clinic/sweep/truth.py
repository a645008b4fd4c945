"""From what was measured to what is true: of every illness whether a run has it, has it not, or it is undecided.

A run has **learned** if it comes nine tenths of the way from the trivial score to what the same network reaches at
plain good settings (or to what is enough for the task, if that is less), and is **harmed** if it comes less than three
quarters; between them, or where the network learns at no setting, nothing is decided. Most illnesses need both a
symptom and harm: a run that has learned is not ill, whatever it looks like. Without harm count non-finite values and
overfitting, whose harm does not show in the training score.

illness                  | ill: harmed, and                                           | undecided: harmed, and
dying-relu               | 90% of a layer dead at the end, under half of it at first  | half of a layer dead
born-dead-relu           | 90% of a layer dead at the start and at the end            | half of a layer dead
vanishing-gradient       | gradient per weight of the first layer under 1e-3 of the   | under 1e-2; or a dead or NaN
                         | largest, ten times more in the plain twin; alive           | network
exploding-gradient       | largest gradient norm 100 times the twin's, or 100 times   | ten times the twin's
                         | the first and ten times the twin's                         |
learning-rate-too-high   | a fifth, 50th or 500th of the rate learns                  | it helps, and does not learn
learning-rate-too-low    | comes less than half of the way, and the median parameter  | it helps, and does not learn,
                         | moves by under a tenth; 10, 100 or 1000 times the rate     | or parameters moved; or another
                         | learns                                                     | illness slows it
poor-initialization      | learns at usual first weights and inputs; at the start the | one of the two
                         | spread changes over depth by 1e3, the loss is ten times    |
                         | the trivial one, or the units of a layer are alike         |
saturated-activation     | half of a bounded layer's units saturated at the end, not  | three tenths
                         | in the twin                                                |
loss-plateau             | loss above 95% of the trivial one, changed by under 1% of  | above 90%, under 5%
                         | it over the second half; lower in the twin                 |
no-gradient              | parameters that are not frozen on purpose have not moved   | the same without harm; behind a
                         | at all, and were left out or cut off; or an optimizer      | dead layer, or for a tiny rate
                         | holds them frozen, and thawed it learns                    |
non-finite               | loss, gradient or weights at any time (no harm needed)     |
overfitting              | where the run evaluates: held-out loss ends 20% above its  | 10% and a tenth
                         | least and has lost a fifth of its gain, training loss      |
                         | halved (no harm needed)                                    |
sparse-activations (good)| 75% zeros in a layer that is not a fifth dead              | 70%
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from clinic.sweep.twins import HARMED, LEARNED, LEAST, relative

Measured = dict[str, Any]
Answer = Literal["ill", "well", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is true of one run."""

    come: float  #: of the way from the trivial score to what the network can reach; NaN if it learns at no setting
    illnesses: dict[str, Answer]
    sparse: Answer  #: `ill`: sparse, which is good news
    dead: dict[str, float]  #: share of dead units at the end, by layer

    @property
    def healthy(self) -> bool:
        """It has learned, and no illness is there or undecided."""
        return self.come >= LEARNED and all(a == "well" for a in self.illnesses.values())

    @property
    def ill(self) -> frozenset[str]:
        return frozenset(name for name, answer in self.illnesses.items() if answer == "ill")


class _Facts:
    """One run's measurements by short names."""

    def __init__(self, result: Measured) -> None:
        self.setting, self.run, self.beside = result["setting"], result["run"], result["beside"]
        self.start, self.end = self.run["start"], self.run["end"]
        self.trivial, self.enough = result["task"]["trivial"], result["task"]["enough"]
        self.score = float(result["score"])
        self.plain = self.beside.get("plain")
        self.best = min(self.enough, float(self.plain["score"])) if self.plain else self.enough
        known = self.best - self.trivial >= LEAST * (self.enough - self.trivial)
        self.come = relative(self.score, self.trivial, self.best) if known else math.nan
        self.harmed = self.come < HARMED
        self.learned = self.come >= LEARNED
        self.most_dead = max(map(float, self.end["dead"].values()), default=0.0)

    def reached(self, beside: str) -> float:
        """How far a run beside this one came; -1 if there was none."""
        found = self.beside.get(beside)
        return relative(float(found["score"]), self.trivial, self.best) if found else -1.0

    def helps(self, beside: str) -> Answer:
        """Whether a run beside this one learns, helps, or does neither; unknown where the network never learns."""
        if math.isnan(self.come):
            return "undecided"
        reached = self.reached(beside)
        if reached >= LEARNED:
            return "ill"
        return "undecided" if reached >= self.come + 0.15 else "well"


def truth(result: Measured) -> Truth:
    """Judge one examined run."""
    f = _Facts(result)
    found = {name: _answer(f, name, judge) for name, judge in _NEED_HARM.items()}
    found |= {"non-finite": _non_finite(f), "overfitting": _overfitting(f)}
    found["no-gradient"] = _no_gradient(f)
    slowed = {"dying-relu", "born-dead-relu", "vanishing-gradient", "poor-initialization", "saturated-activation",
              "no-gradient", "non-finite"}  # fmt: skip
    if found["learning-rate-too-low"] == "ill" and any(found[name] != "well" for name in slowed):
        found["learning-rate-too-low"] = "undecided"
    return Truth(come=f.come, illnesses=found, sparse=_sparse(f), dead={k: float(v) for k, v in f.end["dead"].items()})


def _answer(f: _Facts, name: str, judge: Callable[[_Facts], Answer]) -> Answer:
    if f.learned:
        return "well"
    answer = judge(f)
    return answer if f.harmed or answer == "well" else "undecided"


def _graded(value: float, ill: float, undecided: float) -> Answer:
    """By how large a measure is; NaN is no measure of anything."""
    return "ill" if value >= ill else "undecided" if value >= undecided or math.isnan(value) else "well"


def _dying(f: _Facts) -> Answer:
    shares = [(float(f.start["dead"].get(layer, 0)), float(share)) for layer, share in f.end["dead"].items()]
    if any(start < 0.5 and end >= 0.9 for start, end in shares):
        return "ill"
    return "undecided" if any(end >= 0.5 and end - start > 0.1 for start, end in shares) else "well"


def _born(f: _Facts) -> Answer:
    shares = [min(float(f.start["dead"].get(layer, 0)), float(share)) for layer, share in f.end["dead"].items()]
    return _graded(max(shares, default=0.0), 0.9, 0.5)


def _fade(state: Measured) -> float:
    """Gradient per weight of the first layer over the largest."""
    values = [float(v) for v in state["gradient"].values()]
    return values[0] / max(values) if len(values) > 1 and max(values) > 0 else math.nan


def _vanishing(f: _Facts) -> Answer:
    if f.plain is None or f.setting["forgotten"] == "detach":
        return "well"
    fades = [_fade(f.start), _fade(f.end)]
    if f.most_dead >= 0.9 or any(map(math.isnan, fades)):
        return "undecided" if not min(fades) >= 1e-2 else "well"
    if min(fades) >= 1e-2:
        return "well"
    return "ill" if min(fades) < 1e-3 and _fade(f.plain["start"]) > 10 * min(fades) else "undecided"


def _exploding(f: _Facts) -> Answer:
    first, largest = float(f.run["norm"]["first"]), float(f.run["norm"]["largest"])
    if f.plain is None or not (math.isfinite(largest) and math.isfinite(first)):
        return "undecided"
    size = f.setting["batch"] if f.setting["loss"] == "sum" else 1
    excess = largest / size / max(float(f.plain["norm"]["largest"]), 1e-12)
    growth = largest / max(first, 1e-12)
    if excess >= 100 or (growth >= 100 and excess >= 10):
        return "ill"
    return "undecided" if excess >= 10 else "well"


def _initialization(f: _Facts) -> Answer:
    in_a_row = f.setting["kind"] not in ("rnn", "residual", "prenorm", "transformer")
    spread = [float(v) for v in f.start["spread"].values()][:-1] if in_a_row else []
    change = spread[-1] / max(spread[0], 1e-30) if spread else 1.0
    loss = float(f.start["loss"]) / float(f.run["trivial"])
    off = not 1e-3 < change < 1e3 or not loss < 10 or bool(f.start["alike"])
    nearly = not 1e-2 < change < 1e2 or not loss < 5
    cured = f.helps("initialised")
    if off:
        return "ill" if cured == "ill" and _born(f) == "well" else "undecided"
    return "undecided" if cured == "ill" or (nearly and cured != "well") else "well"


def _saturated(f: _Facts) -> Answer:
    shares = [float(v) for v in f.end["saturated"].values()]
    if not shares or f.plain is None:
        return "well"
    twin = max((float(v) for v in f.plain["saturated"].values()), default=0.0)
    return _graded(max(shares), 0.5, 0.3) if twin < 0.5 else "undecided"


def _plateau(f: _Facts) -> Answer:
    trivial, course = float(f.run["trivial"]), [(step, float(loss)) for step, _, loss, _ in f.run["course"]]
    late = [loss for step, loss in course if step >= f.setting["steps"] / 2]
    if not all(map(math.isfinite, late)) or f.plain is None:
        return "undecided"
    end, change = late[-1] / trivial, abs(late[0] - late[-1]) / trivial
    if end > 0.95 and change < 0.01 and float(f.plain["loss"]) < 0.9 * late[-1]:
        return "ill"
    return "undecided" if end > 0.9 and change < 0.05 * max(1.0, end) else "well"


def _rate_high(f: _Facts) -> Answer:
    return f.helps("lower")


def _rate_low(f: _Facts) -> Answer:
    if f.helps("lower") == "ill":
        return "well"
    answer = f.helps("higher")
    moved = sorted(float(v) for n, v in f.run["moved"].items() if n not in f.run["frozen"])
    far = not moved or not moved[len(moved) // 2] < 0.1
    return "undecided" if answer == "ill" and (f.come >= 0.5 or far) else answer


def _non_finite(f: _Facts) -> Answer:
    return "well" if f.run["finite"] and f.end["finite"] else "ill"


def _overfitting(f: _Facts) -> Answer:
    """Only of runs that evaluate: of the others nobody can know."""
    if not f.setting["evaluates"]:
        return "well"
    course = [(float(loss), float(held)) for _, _, loss, held in f.run["course"]]
    losses, held = [loss for loss, _ in course], [held for _, held in course]
    if not all(map(math.isfinite, held + losses)):
        return "well"
    least, end = min(held), sum(held[-2:]) / 2
    risen, regained = end / least - 1, (end - least) / max(held[0] - least, 1e-12)
    if losses[-1] > 0.5 * losses[0]:
        return "undecided" if risen >= 0.2 and regained >= 0.2 and losses[-1] < 0.8 * losses[0] else "well"
    if risen >= 0.2 and regained >= 0.2:
        return "ill"
    return "undecided" if risen >= 0.1 and regained >= 0.1 else "well"


def _no_gradient(f: _Facts) -> Answer:
    if f.setting["forgotten"].startswith("frozen-"):
        return "well" if f.learned else f.helps("thawed") if f.harmed else "undecided"
    still = [n for n, moved in f.run["moved"].items() if float(moved) == 0 and n not in f.run["frozen"]]
    if not [n for n in still if n.endswith("weight")]:
        return "well"
    if f.setting["forgotten"] == "none":
        return "well" if f.learned else "undecided"
    return "ill" if f.harmed and f.most_dead < 0.9 else "undecided"


def _sparse(f: _Facts) -> Answer:
    zeros = [float(z) for layer, z in f.end["zeros"].items() if float(f.end["dead"][layer]) < 0.2]
    return _graded(max((z for z in zeros if not math.isnan(z)), default=0.0), 0.75, 0.7)


#: Illnesses that a run that has learned does not have.
_NEED_HARM: dict[str, Callable[[_Facts], Answer]] = {
    "dying-relu": _dying,
    "born-dead-relu": _born,
    "vanishing-gradient": _vanishing,
    "exploding-gradient": _exploding,
    "learning-rate-too-high": _rate_high,
    "learning-rate-too-low": _rate_low,
    "poor-initialization": _initialization,
    "saturated-activation": _saturated,
    "loss-plateau": _plateau,
}
