"""Is a treatment better than none? The gain over untreated, paired by seed, with a confidence interval.

Two trials of one seed start from the same weights and see the same data in the same order, so their difference is what
the treatment does; the differences of several seeds are the sample. Its mean is the gain (in units of the loss,
positive is better), and its interval is Student's t: with three seeds no rank test can reach 5%, as 2^3 = 8 signs are
too few.
Steps of one run are no independent observations, so that only seeds are counted.

Losses are compared after two changes, for a run that diverges ends anywhere between bad and infinite, and one such seed
would hide everything in its own variance:
- a loss above the level at which the untreated runs begin is that level: it has learned nothing, and no more is lost
  (where the seeds begin at levels that differ by more than ten times, at the lowest of them: the others, far above, say
  how the run explodes and not what nothing learned is worth);
- evaluation losses that all lie above where the training loss begins are in other units: then the highest of their
  first ones is the level;
- a loss that is not finite, or a trial that crashed, was killed or timed out, is that level too.

Where untreated runs overfit, the evaluation losses of runs that learned their training data are taken as they are: they
rise above where they began without any divergence, and that rise is what the illness costs. A treated run that did not
finish, or diverged, is then worth no more than the untreated one of its seed.

The evaluation loss is compared where both arms have one for every seed, else the training loss, see `trial.Result`.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rectifier.treat.trial import Result

#: Share of intervals that miss the true gain of a remedy that does nothing, over all remedies tried together.
ALPHA = 0.05
#: Chosen by us: losses of one network's first weights differ by a few percent from seed to seed.
DIFFERENT = 10.0
_OVERFITTING = "overfitting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """The paired difference of two arms."""

    by: str  #: `eval_loss` or `loss`
    differences: tuple[float, ...]  #: untreated less treated, seed by seed; positive is better
    level: float  #: loss at which untreated runs begin: what nothing learned is worth
    spread: float  #: standard deviation of the untreated losses over the seeds
    bounded: bool = False  #: whether the level, or the untreated loss, stands for one of the losses

    @property
    def mean(self) -> float:
        return statistics.fmean(self.differences)

    @property
    def error(self) -> float:
        """Standard error of the mean; infinite for one seed."""
        n = len(self.differences)
        return statistics.stdev(self.differences) / math.sqrt(n) if n > 1 else math.inf

    @property
    def p(self) -> float:
        """Two-sided probability of a difference this large if the treatment did nothing."""
        from scipy.stats import t

        if self.error == 0:
            return 1.0 if self.mean == 0 else 0.0
        return float(2 * t.sf(abs(self.mean) / self.error, max(1, len(self.differences) - 1)))

    def interval(self, alpha: float = ALPHA) -> tuple[float, float]:
        """The confidence interval of the mean at 1 - alpha."""
        from scipy.stats import t

        if not math.isfinite(self.error):
            return -math.inf, math.inf
        half = float(t.ppf(1 - alpha / 2, len(self.differences) - 1)) * self.error
        return self.mean - half, self.mean + half

    def promises(self, seeds: int, alpha: float) -> bool:
        """Whether the same mean and scatter over so many seeds would be better beyond the interval."""
        from scipy.stats import t

        if self.mean <= max(0.0, self.spread) or len(self.differences) < 2:
            return False
        error = statistics.stdev(self.differences) / math.sqrt(seeds)
        return self.mean > float(t.ppf(1 - alpha / 2, seeds - 1)) * error


def gain(untreated: Sequence[Result], treated: Sequence[Result]) -> Gain | None:
    """The gain of the second arm over the first, seed by seed; None if no loss was seen to compare."""
    by_seed = {r.seed: r for r in untreated}
    pairs = [(by_seed[r.seed], r) for r in treated if r.seed in by_seed]
    if not pairs:
        return None
    for by in ("eval_loss", "loss"):
        level = _level([before for before, _ in pairs], by)
        comparable = [
            (before, after)
            for before, after in pairs
            if getattr(before, by) is not None and (getattr(after, by) is not None or _failed(after))
        ]
        if level is None or len(comparable) < len(pairs):
            continue
        level = max(level, _of_scale(comparable, by))
        learned = _learned([before for before, _ in pairs], by)
        befores = [_valued(a, by, level, learned) for a, _ in comparable]
        afters = [_valued(b, by, max(level, a), learned) for (_, b), a in zip(comparable, befores, strict=True)]
        ends = [getattr(r, by) for pair in comparable for r in pair]
        used = [v for pair in zip(befores, afters, strict=True) for v in pair]
        return Gain(
            by=by,
            differences=tuple(a - b for a, b in zip(befores, afters, strict=True)),
            level=level,
            spread=statistics.stdev(befores) if len(befores) > 1 else 0.0,
            bounded=any(end != value for end, value in zip(ends, used, strict=True)),
        )
    return None


def _failed(result: Result) -> bool:
    return result.status != "finished"


def _level(untreated: Sequence[Result], by: str) -> float | None:
    """Where untreated runs begin; for evaluation losses no lower than where the first evaluation was."""
    starts = [r.start_loss for r in untreated if r.start_loss is not None and math.isfinite(r.start_loss)]
    if by == "eval_loss":
        firsts = [r.first_eval_loss for r in untreated if r.first_eval_loss is not None]
        starts += [max([first, *starts]) for first in firsts if math.isfinite(first)]
    if not starts:
        return None
    lowest, highest = min(starts), max(starts)
    return lowest if 0 < DIFFERENT * lowest < highest else highest


def _of_scale(pairs: Sequence[tuple[Result, Result]], by: str) -> float:
    """The level of evaluation losses in other units than the training loss: they all lie above where that begins."""
    values = [getattr(r, by) for pair in pairs for r in pair]
    finite = [v for v in values if v is not None and math.isfinite(v)]
    firsts = [a.first_eval_loss for a, _ in pairs if a.first_eval_loss is not None and math.isfinite(a.first_eval_loss)]
    starts = [a.start_loss for a, _ in pairs if a.start_loss is not None and math.isfinite(a.start_loss)]
    others = by == "eval_loss" and finite and firsts and min(finite) > max(starts, default=math.inf)
    return max(firsts) if others else -math.inf


def _learned(untreated: Sequence[Result], by: str) -> float:
    """The training loss below which a run has learned, so that its evaluation loss is what it is.

    None has where nothing overfits: what an evaluation loss above its level says of a run is then that it diverged.
    """
    overfit = by == "eval_loss" and any(_OVERFITTING in r.illness for r in untreated)
    level = _level(untreated, "loss") if overfit else None
    return -math.inf if level is None else level


def _valued(result: Result, by: str, level: float, learned: float) -> float:
    value = getattr(result, by)
    if _failed(result) or value is None or not math.isfinite(value):
        return level
    if result.loss is not None and result.loss < learned:
        return float(value)
    return float(min(value, level))


def holm(p_values: Sequence[float], tried: int) -> list[float]:
    """The level at which each is tested, by Holm's method: the smallest at ALPHA / tried, the next one less strictly.

    `tried` counts those as well that were given up before they were tested. Once one is not significant, neither are
    those behind it, so they get no less strict a level than that one.

    >>> [round(level, 4) for level in holm([0.2, 0.001], tried=4)]
    [0.0167, 0.0125]
    """
    levels = [0.0] * len(p_values)
    stopped: float | None = None
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        level = stopped if stopped is not None else ALPHA / max(1, tried - rank)
        levels[index] = level
        if stopped is None and p_values[index] > level:
            stopped = level
    return levels
