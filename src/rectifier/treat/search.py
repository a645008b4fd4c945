"""The whole of `rectifier treat`: untreated runs, candidates from their findings, halving, confirmation, verdicts.

1. The script runs as it is, with every seed. If nothing is ill, that is the answer.
2. The findings name candidates. Each is tried with one seed that is ill; where a run is long, several first for a
   quarter of the steps, and the better half goes on. If none cures: pairs of the best, then another optimizer.
3. The most promising are run with all seeds, one after the other, until one is cured; a remedy drawn at random from
   the whole menu is run beside them as a control. An arm whose gain is within the noise is given more seeds.
4. Verdicts: an arm is cured if no rule that found something untreated finds anything, no other rule does, and the loss
   is better beyond the confidence interval (`paired.py`) and by more than the untreated losses vary from seed to seed.
"""

import itertools
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rectifier.treat import change, remedies
from rectifier.treat.answer import Answer, Arm, Outcome, Recommended
from rectifier.treat.candidates import NOT_TRIED, candidates, control, next_rate, pairs
from rectifier.treat.paired import ALPHA, Gain, gain, holm
from rectifier.treat.series import Series
from rectifier.treat.trial import Result, Treatment, Trial, unfinished

#: Steps after which a trial is ended where `--steps` does not say it. Chosen by us: the illnesses of our sweeps show
#: within some hundred steps, and a remedy's difference not long after.
STEPS = 1000
#: Untreated runs shorter than this are not cut further: starting Python and torch would take what was saved.
LONG = 15.0
#: Candidates that findings name are tried in waves of so many, until one cures; all of them at once if the search is
#: to be thorough. Chosen by us: most often the first two hold a cure, and every wave costs.
WAVES = (2, 2, 4)
#: An arm that ends the illness and gains within the noise is given more seeds, if they promise to tell: so many times
#: the number that it began with, at most. Every look counts as one more remedy tried, so that it is no free try.
LOOKS = 3
#: Learning rates that are tried at most, one after the other: the way from a millionth to a thousandth has five.
RATES = 6
#: Arms that are confirmed with all seeds at most, beside the control.
CONFIRMED = 3
#: A treated trial may take so many times as long as an untreated one, and no less than so many seconds.
PATIENCE, LEAST = 5.0, 60.0
#: Remedies that act before the first loss is known; any other leaves the first loss as it was.
_FROM_THE_START = frozenset({"activation", "initialise", "standardize-input", "optimizer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the user has said."""

    seeds: int = 3
    steps: int | None = None  #: None: STEPS at most
    candidates: int = sum(WAVES)
    thorough: bool = False  #: try every candidate and confirm the best, not only until one cures


def treat(series: Series, plan: Plan) -> Answer:
    """Find a cure."""
    return _Search(series, plan).run()


class _Search:
    def __init__(self, series: Series, plan: Plan) -> None:
        self._series, self._plan = series, plan
        self._limit = plan.steps or STEPS
        self._horizon = self._limit
        self._untreated: list[Result] = []
        self._screened: dict[Treatment, Result] = {}  # with the first ill seed, the whole number of steps
        self._arms: dict[Treatment, list[Result]] = {}  # with all seeds
        self._other: Treatment | None = None  # the control among them
        self._looks = 0  # how often an arm was given more seeds and looked at again

    def run(self) -> Answer:
        first = self._series.run([self._trial(Treatment(), 0, horizon=None)])[0]
        if first.status != "finished":
            found = f" ({', '.join(f.rule for f in first.findings)})" if first.findings else ""
            return self._answer([first], "not-judged", f"{unfinished(first)}{found}")
        self._horizon = first.steps
        if self._series.program.timeout is None:
            seconds = max(LEAST, PATIENCE * first.seconds)
            self._series.program = replace(self._series.program, timeout=seconds)
        others = [self._trial(Treatment(), seed, horizon=None) for seed in range(1, self._plan.seeds)]
        self._untreated = [first, *self._series.run(others)]
        if not self._illness:
            if any(r.verdict == "inconclusive" for r in self._untreated):
                return self._answer(self._untreated, "not-judged", "too little was seen to judge the script")
            return self._answer(
                self._untreated, "nothing-to-cure", f"nothing ill was found with any of {len(self._untreated)} seeds"
            )
        for wave in self._waves():
            self._screen(wave)
            while any(self._helps(t, r) for t, r in self._rates().items()) and (onwards := self._rate()):
                self._screen(onwards)
            self._confirm()
            if self._cured and not self._plan.thorough:
                break
        return self._conclude()

    def _waves(self) -> Iterator[list[Treatment]]:
        """What to try next, as long as nothing has cured."""
        named = candidates(self._untreated)[: self._plan.candidates]
        if self._plan.thorough:
            yield named
        else:
            for first, last in itertools.pairwise(itertools.accumulate(WAVES, initial=0)):
                yield [*named[first:last], *(self._rate() if first else ())]
            while not self._cured and (rate := self._rate()):
                yield rate
        if not self._cured:
            tried = [t for t, result in self._screened.items() if _acted(t, [result])]
            best = sorted(tried, key=lambda t: self._rank(t, tried))[:3]
            yield [t for t in pairs(best, tried, self._untreated) if t not in self._screened]
        if not self._cured:  # asked for again if a finding has named it already: then it costs nothing
            yield [Treatment(uses=(remedies.get("optimizer").use(rate=1e-3),))]

    def _rates(self) -> dict[Treatment, Result]:
        """The learning rates that were tried alone, each with a seed that it left ill if there was one."""
        alone = [t for t in self._screened if [use.remedy for use in t.uses] == ["learning-rate"]]
        ill = {t: [r for r in self._arms.get(t, []) if r.illness] for t in alone}
        return {t: ill[t][0] if ill[t] else self._screened[t] for t in alone}

    def _rate(self) -> list[Treatment]:
        """The next learning rate to try, if one has been tried and it lies beyond it or between two of them."""
        known = remedies.get("learning-rate").parameters
        tried = [(float({**known, **t.uses[0].parameters}["factor"]), r) for t, r in self._rates().items()]
        if not 0 < len(tried) < RATES:
            return []
        untreated = next(r for r in self._untreated if r.seed == self._ill_seed)
        following = next_rate(untreated, tried)
        return [following] if following is not None and following not in self._screened else []

    # -- trials --------------------------------------------------------------------------------------

    def _trial(self, treatment: Treatment, seed: int, *, horizon: int | None, steps: int | None = None) -> Trial:
        return Trial(treatment=treatment, seed=seed, steps=steps or self._limit, horizon=horizon)

    @property
    def _ill_seed(self) -> int:
        return next(r.seed for r in self._untreated if r.findings)

    def _screen(self, treatments: list[Treatment]) -> None:
        """Try each with one seed; where a run is long, only the better half goes on to the end."""
        treatments = list(dict.fromkeys(treatments))
        steps = [self._horizon]
        if self._untreated[0].seconds > LONG and self._horizon >= 200 and len(treatments) > 2:
            steps = [self._horizon // 4, self._horizon]
        remaining = treatments
        for rung in steps:
            whole = rung == self._horizon
            trials = [
                self._trial(t, self._ill_seed, horizon=self._horizon, steps=None if whole else rung) for t in remaining
            ]
            found = dict(zip(remaining, self._series.run(trials), strict=True))
            if whole:
                self._screened |= found
            else:
                ranked = sorted(remaining, key=lambda t: self._key(found[t], list(found.values())))
                remaining = [t for t in remaining if t in ranked[: max(2, (len(ranked) + 1) // 2)]]

    @property
    def whole(self) -> int | None:
        """Steps of the script's whole run; None if trials were ended before."""
        return self._horizon if self._horizon < self._limit else None

    # -- judging -------------------------------------------------------------------------------------

    @property
    def _illness(self) -> list[str]:
        """Rules that found something untreated, causes first."""
        return list(dict.fromkeys(f.rule for r in self._untreated for f in r.findings))

    def _key(self, result: Result, among: Sequence[Result]) -> tuple[int, int, float]:
        """Least is best: failed or not, how many illnesses, and the loss, in tenths of what the best one gained.

        Among those that gained as much, the order of the candidates decides (sorting is stable): the findings' own.
        """
        untreated = next(r for r in self._untreated if r.seed == result.seed)
        gained = gain([untreated], [result])
        most = max((g.mean for r in among if (g := gain([untreated], [r])) is not None), default=0.0)
        share = round(10 * gained.mean / most) / 10 if gained is not None and most > 0 else 0.0
        return int(result.status != "finished"), len(result.illness), -share

    def _rank(self, treatment: Treatment, among: Sequence[Treatment]) -> tuple[int, int, float]:
        return self._key(self._screened[treatment], [self._screened[t] for t in among])

    def _helps(self, treatment: Treatment, result: Result) -> bool:
        """Whether it leaves no illness behind and betters the loss with this seed; what does not, cures with none."""
        gained = gain([r for r in self._untreated if r.seed == result.seed], [result])
        better = gained is None or gained.mean > 0
        return result.status == "finished" and not result.illness and better and _acted(treatment, [result])

    def _promising(self, treatments: Sequence[Treatment]) -> list[Treatment]:
        """Those that help, the best first."""
        helping = [t for t in treatments if self._helps(t, self._screened[t])]
        return sorted(helping, key=lambda t: self._rank(t, treatments))

    def _confirm(self) -> None:
        """Run the most promising with all seeds, and a control beside the first of them."""
        for treatment in self._promising(list(self._screened)):
            if treatment in self._arms:
                continue
            if len(self._arms) > CONFIRMED or (self._cured and not self._plan.thorough):
                break
            if self._other is None:
                tried = [*self._screened, *candidates(self._untreated)]
                self._other = control(self._untreated, tried, salt=self._series.folder.name)
                self._arms[self._other] = self._control(self._other)
            self._arms[treatment] = self._all_seeds(treatment)
            while self._could_tell(treatment):
                self._looks += 1
                self._arms[treatment] = self._more_seeds(treatment)

    def _could_tell(self, treatment: Treatment) -> bool:
        """Whether an arm without illness, whose gain is within the noise, would likely be a cure with more seeds."""
        results = self._arms[treatment]
        gained, most = gain(self._untreated, results), LOOKS * self._plan.seeds
        if len(results) >= most or gained is None or any(r.illness or r.status != "finished" for r in results):
            return False
        if treatment in self._cured or not _acted(treatment, results):
            return False
        return gained.promises(most, ALPHA / (self._tried + LOOKS - 1))

    def _more_seeds(self, treatment: Treatment) -> list[Result]:
        """The arm with as many seeds more as it began with; untreated ones as well, unless they are there."""
        seeds = range(len(self._arms[treatment]) + self._plan.seeds)
        known = {r.seed for r in self._untreated}
        missing = [self._trial(Treatment(), seed, horizon=None) for seed in seeds if seed not in known]
        self._untreated += self._series.run(missing)
        return self._series.run([self._trial(treatment, seed, horizon=self._horizon) for seed in seeds])

    def _control(self, other: Treatment) -> list[Result]:
        """As the candidates are: with one seed that is ill, and with all of them if it helps with that one."""
        result = self._series.run([self._trial(other, self._ill_seed, horizon=self._horizon)])[0]
        return self._all_seeds(other) if self._helps(other, result) else [result]

    @property
    def _cured(self) -> list[Treatment]:
        """Confirmed cures, the one that gains most first."""
        judged = self._judge(self._arms, self._other)
        cured = [t for t in judged if judged[t].cured and t != self._other]
        return sorted(cured, key=lambda t: self._rank(t, cured))

    def _conclude(self) -> Answer:
        tried, other = list(self._screened), self._other
        judged = self._judge(self._arms, other)
        for treatment in sorted(tried, key=lambda t: self._rank(t, tried)):
            if treatment not in judged:
                judged[treatment] = self._one_seed(treatment)
        cured = self._cured
        ordered = [*cured, *(t for t in judged if t not in cured and t != other), *([other] if other else [])]
        shown = tuple(judged[t] for t in ordered)
        outcome: Outcome = "cured" if cured else "nothing-helped"
        said = self._say(shown, cured, judged, other)
        return self._answer(self._untreated, outcome, said, shown, cured[0] if cured else None)

    def _all_seeds(self, treatment: Treatment) -> list[Result]:
        trials = [self._trial(treatment, seed, horizon=self._horizon) for seed in range(self._plan.seeds)]
        return self._series.run(trials)

    @property
    def _tried(self) -> int:
        """How many answers were looked at: every remedy, and every time that one was given more seeds."""
        return self._looks + len({r.remedy for r in self._series.results.values()} - {str(Treatment())})

    def _judge(self, arms: dict[Treatment, list[Result]], other: Treatment | None) -> dict[Treatment, Arm]:
        gains = {t: gain(self._untreated, results) for t, results in arms.items()}
        compared = [t for t, g in gains.items() if g is not None and len(arms[t]) > 1]
        levels = dict(zip(compared, holm([_p(gains[t]) for t in compared], self._tried), strict=True))
        judged = {t: self._arm(t, arms[t], gains[t], levels.get(t), control=t == other) for t in arms}
        return {t: _of_one_seed(arm) for t, arm in judged.items()}

    def _arm(
        self, t: Treatment, results: Sequence[Result], gained: Gain | None, alpha: float | None, *, control: bool
    ) -> Arm:
        after = list(dict.fromkeys(f.rule for r in results for f in r.findings))
        failed = [r for r in results if r.status != "finished"]
        new = [rule for rule in after if rule not in self._illness]
        interval = gained.interval(alpha) if gained is not None and alpha is not None else None
        better = gained is not None and interval is not None and interval[0] > 0 and gained.mean > gained.spread
        if failed:
            verdict = f"{failed[0].status} with {len(failed)} of {len(results)} seeds: {failed[0].why}"
        elif not _acted(t, results):
            verdict = "it found nothing in the script to act on"
        elif new:
            verdict = f"now diagnosed as {', '.join(new)}"
        elif after:
            verdict = f"still {', '.join(after)}"
        elif gained is None:
            verdict = "illness gone; there is no loss to compare"
        elif not better:
            verdict = "illness gone; the loss is not better beyond the noise"
        else:
            verdict = "cured"
        return Arm(
            remedy=str(t),
            summary=remedies.summary(t),
            control=control,
            results=tuple(results),
            cured=verdict == "cured",
            verdict=verdict,
            gain=gained.mean if gained is not None else None,
            interval=interval,
            by=gained.by if gained is not None else None,
            bounded=gained is not None and gained.bounded,
            illness_after=tuple(after),
            new=tuple(new),
        )

    def _one_seed(self, treatment: Treatment) -> Arm:
        """An arm that was not confirmed: tried with one seed, of which nothing is claimed."""
        result = self._screened[treatment]
        return _of_one_seed(self._arm(treatment, [result], gain(self._untreated, [result]), None, control=False))

    # -- the answer ----------------------------------------------------------------------------------

    def _recommend(self, treatment: Treatment) -> Recommended:
        uses = [remedies.get(use.remedy) for use in treatment.uses]
        diff: str | None = None
        because = ""
        try:
            diff = change.change_of(self._series.program, treatment, self.whole).diff
        except change.NoPlaceError as error:
            because = str(error)
        return Recommended(
            remedy=str(treatment),
            summary=remedies.summary(treatment),
            safety="safe" if all(remedy.safety == "safe" for remedy in uses) else "unsafe",
            diff=diff,
            no_diff=because,
        )

    def _say(
        self,
        shown: Sequence[Arm],
        cured: Sequence[Treatment],
        judged: dict[Treatment, Arm],
        other: Treatment | None,
    ) -> str:
        if not cured:
            gone = [arm for arm in shown if arm.verdict.startswith("illness gone") and not arm.control]
            if gone and gone[0].gain is None:
                return f"nothing was shown to help: {gone[0].remedy} ends the illness, but there is no loss to compare"
            if gone:
                seeds = len(gone[0].results)
                return (
                    f"nothing helped beyond noise: {gone[0].remedy} ends the illness, but with {seeds} "
                    f"seed{'s' if seeds > 1 else ''} the loss is not surely better. More --seeds may show it"
                )
            return f"nothing helped: none of the {len(shown)} remedies tried ends the illness and betters the loss"
        best = judged[cured[0]]
        assert best.gain is not None
        text = f"cured by {best.remedy}: {', '.join(self._illness)} gone with all {len(best.results)} seeds"
        if other is not None:
            by_chance = judged[other]
            if by_chance.cured:
                text += f". A remedy drawn at random, {by_chance.remedy}, cures as well: this script is easily cured"
        return text

    def _answer(
        self,
        untreated: Sequence[Result],
        outcome: Outcome,
        why: str,
        arms: tuple[Arm, ...] = (),
        treatment: Treatment | None = None,
    ) -> Answer:
        everything = tuple(self._series.results.values())
        names = dict.fromkeys(name for r in untreated for f in r.findings for name in f.remedies)
        once = statistics.fmean(r.seconds for r in untreated)
        cost = sum(r.seconds for r in everything)
        return Answer(
            script=" ".join(self._series.program.command),
            outcome=outcome,
            why=why,
            illness=tuple(dict.fromkeys(f.rule for r in untreated for f in r.findings)),
            untreated=tuple(untreated),
            arms=arms,
            trials=everything,
            recommended=self._recommend(treatment) if treatment is not None else None,
            treatment=treatment,
            not_tried=tuple((name, NOT_TRIED[name]) for name in names if name in NOT_TRIED),
            notes=tuple(self._notes(everything)),
            cost=cost,
            cost_ratio=cost / once if once else 0.0,
            folder=str(self._series.folder),
            whole=self.whole,
        )

    def _notes(self, results: Sequence[Result]) -> list[str]:
        notes = []
        if self._untreated and self._horizon >= self._limit:
            notes.append(f"every run was ended after {self._limit:,} steps: what comes later is not known (--steps)")
        sick = [r.seed for r in self._untreated if r.findings]
        if sick and len(sick) < len(self._untreated):
            notes.append(f"untreated, it is ill with {len(sick)} of {len(self._untreated)} seeds: {sick}")
        if (spread := _difference(self._untreated, results)) is not None:
            notes.append(
                "the script is not deterministic: with the same seed and the same weights its first loss differs by up "
                f"to {spread:.2g}, which pairing by seed cannot take out; the intervals hold it all the same"
            )
        failed = [r for r in results if r.status != "finished" and r is not results[0]]  # that one is the answer
        notes += [f"{r.remedy}, seed {r.seed}: {r.status}, {r.why}" for r in failed]
        return notes


def _of_one_seed(arm: Arm) -> Arm:
    """An arm that was tried with one seed claims nothing about its loss."""
    if len(arm.results) == 1 and arm.verdict.startswith("illness gone"):
        return replace(arm, verdict="illness gone (tried with one seed)")
    return arm


def _difference(untreated: Sequence[Result], results: Sequence[Result]) -> float | None:
    """How far the first losses of trials lie apart that should be the same number; None if they are."""
    known = {r.seed: r.first_loss for r in untreated}
    differences = [
        abs(r.first_loss - before)
        for r in results
        if (before := known.get(r.seed)) is not None
        and r.first_loss is not None
        and not _FROM_THE_START & r.acted.keys()
        and r.first_loss != before
    ]
    return max(differences, default=None)


def _acted(treatment: Treatment, results: Sequence[Result]) -> bool:
    """Whether every remedy of the treatment found something to act on in every trial."""
    return all(r.acted.get(use.remedy, 0) for r in results for use in treatment.uses)


def _p(gained: Gain | None) -> float:
    return gained.p if gained is not None else 1.0
