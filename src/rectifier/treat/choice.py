"""The whole of `rectifier compare`: the same script with other activations, over seeds, ranked, with an honest answer.

The reference is the script as it is. The activation that is exchanged is the one it uses most behind hidden layers;
what stands at the output stays. Differences are paired by seed as in `paired.py`, Holm over all comparisons made.
"""

import statistics
from collections import Counter
from collections.abc import Sequence

from rectifier.treat import remedies
from rectifier.treat.candidates import fit
from rectifier.treat.comparison import Choice, Comparison, Spread
from rectifier.treat.paired import Gain, gain, holm
from rectifier.treat.search import STEPS
from rectifier.treat.series import Series
from rectifier.treat.sources import sources
from rectifier.treat.trial import Program, Result, Treatment, Trial, finite, unfinished


class NotComparableError(ValueError):
    """A script whose activation cannot be exchanged; the message says why."""


def compare(series: Series, activations: Sequence[str], seeds: int, steps: int | None) -> Comparison:
    """Run the script with each of the activations.

    Raises:
        NotComparableError: it does not train to its end, uses no activation that could be exchanged, or no other.
    """
    limit = steps or STEPS
    if set(activations) == _named(series.program):  # seen before any trial
        raise NotComparableError(_nothing(activations[0]))
    first = series.run([Trial(steps=limit, saved=True)])[0]
    if first.status != "finished":
        raise NotComparableError(unfinished(first))
    reference = _hidden(first)
    if set(activations) == {reference}:
        raise NotComparableError(_nothing(reference))
    treatments: dict[str, Treatment] = {}
    for name in dict.fromkeys([reference, *activations]):
        use = fit(remedies.get("activation").use(new=name, old=(reference,)), [first])
        if name == reference:
            treatments[name] = Treatment()
        elif use is not None:
            treatments[name] = Treatment(uses=(use,))
    trials = {
        name: [Trial(treatment=t, seed=seed, steps=limit, saved=True) for seed in range(seeds)]
        for name, t in treatments.items()
    }
    series.run([trial for each in trials.values() for trial in each])
    arms = {name: series.run(each) for name, each in trials.items()}
    return _concluded(series, reference, arms)


def _nothing(name: str) -> str:
    return (
        f"Only {name} was named, which the script uses: there is nothing to compare. Name others, as in: "
        f"--activations {name},{'gelu' if name != 'gelu' else 'relu'}"
    )


def _named(program: Program) -> set[str] | None:
    """The activation that the script's files name, where it is a single one."""
    from rectifier.treat.code import Code, NotParsedError

    try:
        found = set[str]().union(*(Code(file.text, file.names).activations for file in sources(program)))
    except NotParsedError:
        return None
    return found if len(found) == 1 else None


def _hidden(result: Result) -> str:
    """The activation used most; of those used as often, the first. An output's sigmoid is used once."""
    counts = Counter(site.activation for site in result.sites)
    if not counts:
        raise NotComparableError("no activation was seen in the script: it may be compiled, or written out by hand")
    return counts.most_common(1)[0][0]


def _concluded(series: Series, reference: str, arms: dict[str, list[Result]]) -> Comparison:
    everyone = [r for results in arms.values() for r in results if r.status == "finished"]
    by = "eval_loss" if everyone and all(r.eval_loss is not None for r in everyone) else "loss"
    gains = {name: gain(arms[reference], results) for name, results in arms.items() if name != reference}
    compared = [name for name, g in gains.items() if g is not None]
    levels = holm([g.p for name in compared if (g := gains[name]) is not None], len(compared))
    alphas = dict(zip(compared, levels, strict=True))
    level = _mean([r.loss for r in arms[reference]])
    choices = [
        _choice(name, results, gains.get(name), alphas.get(name), level, is_reference=name == reference)
        for name, results in arms.items()
    ]

    def rank(choice: Choice) -> tuple[bool, float]:
        spread = choice.eval_loss if by == "eval_loss" else choice.loss
        return bool(choice.failed), spread.mean if spread is not None else float("inf")

    choices.sort(key=rank)
    everything = tuple(series.results.values())
    return Comparison(
        script=" ".join(series.program.command),
        reference=reference,
        by=by,
        answer=_answer(choices, reference, by),
        choices=tuple(choices),
        trials=everything,
        seconds=sum(r.seconds for r in everything),
        folder=str(series.folder),
    )


def _choice(
    name: str, results: Sequence[Result], gained: Gain | None, alpha: float | None, level: float, *, is_reference: bool
) -> Choice:
    reached = [_reaches(r, level) for r in results]
    steps = [s for s in reached if s is not None]
    seconds = [s * r.step_seconds for s, r in zip(reached, results, strict=True) if s is not None and r.step_seconds]
    kept = [r.saved_bytes for r in results if r.saved_bytes is not None]
    times = [r.step_seconds for r in results if r.step_seconds is not None]
    failed = [r for r in results if r.status != "finished"]
    worst = max(results, key=lambda r: r.dead)
    return Choice(
        activation=name,
        is_reference=is_reference,
        results=tuple(results),
        loss=_spread([r.loss for r in results]),
        best_loss=_spread([r.best_loss for r in results]),
        eval_loss=_spread([r.eval_loss for r in results]),
        best_eval_loss=_spread([r.best_eval_loss for r in results]),
        steps_to_reference=_spread(steps) if len(steps) == len(results) else None,
        seconds_to_reference=_spread(seconds) if len(seconds) == len(results) else None,
        dead=worst.dead,
        units=worst.units,
        saved_bytes=int(statistics.median(kept)) if kept else None,
        step_seconds=statistics.median(times) if times else None,
        gain=gained.mean if gained is not None else None,
        interval=gained.interval(alpha) if gained is not None and alpha is not None else None,
        failed=f"{failed[0].status}: {failed[0].why}" if failed else "",
    )


def _reaches(result: Result, level: float) -> float | None:
    """Steps until the training loss, averaged over a hundredth of the run, is at the level; None if it never is."""
    for part, loss in enumerate(result.curve, 1):
        if loss <= level:
            return result.steps * part / len(result.curve)
    return None


def _mean(values: Sequence[float | None]) -> float:
    seen = [v for v in values if v is not None]
    return statistics.fmean(seen) if seen else float("-inf")


def _spread(values: Sequence[float | None]) -> Spread | None:
    seen = [v for v in values if v is not None]
    if not seen or len(seen) < len(values):
        return None
    finite_ones = all(finite(v) is not None for v in seen)
    deviation = statistics.stdev(seen) if len(seen) > 1 and finite_ones else 0.0
    return Spread(mean=statistics.fmean(seen), deviation=deviation)


def _answer(choices: Sequence[Choice], reference: str, by: str) -> str:
    loss = "evaluation loss" if by == "eval_loss" else "training loss"
    seeds = len(choices[0].results)
    better = [c for c in choices if c.interval is not None and c.interval[0] > 0 and not c.failed]
    worse = [c.activation for c in choices if c.interval is not None and c.interval[1] < 0]
    if better:
        best = better[0]
        assert best.interval is not None
        rest = [c.activation for c in better[1:]]
        also = f"; so are {_and(rest)}" if rest else ""
        return (
            f"Use {best.activation}: its {loss} is lower than {reference}'s by {best.gain:.3g} "
            f"[{best.interval[0]:.3g}, {best.interval[1]:.3g}] over {seeds} seeds, beyond the noise{also}."
        )
    others = [c.activation for c in choices if not c.is_reference and c.activation not in worse and not c.failed]
    if others:
        return (
            f"Keep {reference}: over {seeds} seeds no other has a {loss} that is lower beyond the noise"
            + (f", and {_and(worse)} {'is' if len(worse) == 1 else 'are'} worse" if worse else "")
            + "."
        )
    return f"Keep {reference}: every other is worse in {loss}, or fails."


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
