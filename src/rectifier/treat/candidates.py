"""Which treatments the findings of the untreated runs call for, the most promising first."""

import itertools
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from rectifier.treat import remedies
from rectifier.treat.trial import Result, Treatment, Use

#: Remedies that findings recommend and that cannot be tried on a script from outside, and why.
NOT_TRIED = {
    "normalize": "which changes the definition of the network",
    "no-output-activation": "which changes the definition of the network",
    "residual": "which changes the definition of the network",
    "stable-log": "which changes the formula of the loss",
    "epsilon": "which changes the formula",
    "clamp": "which changes the formula",
    "check-data": "which needs your knowledge of the data",
    "more-data": "which only you can add",
    "add-to-optimizer": "as only you know which parameters are to be trained",
    "register": "which changes the definition of the network",
    "connect": "as only you know what is to reach the loss",
    "factor-of-the-rate": "which changes the function of the schedule",
    "thaw": "as only you know whether it is frozen on purpose",
    "step": "which changes the training loop",
    "other-seed": "as these trials already have other seeds",
}

#: Tried when all else has failed: they take away what the user has chosen.
LAST = ("optimizer",)
#: Signs that the steps are too large; a failed trial counts as one.
FAR = frozenset({"learning-rate-too-high", "exploding-gradient", "non-finite", "dying-relu"})
#: Signs that they are too small.
SLOW = frozenset({"learning-rate-too-low"})
#: Farther than this from the script's own rate nothing is tried, nor anything between two rates as close as this.
FARTHEST, CLOSEST = 1e5, 3.5


def candidates(untreated: Sequence[Result]) -> list[Treatment]:
    """Single remedies, in the order in which the rules name them, causes before what follows from them."""
    findings = [f for result in untreated for f in result.findings]
    findings.sort(key=lambda f: f.caused_by is not None)  # stable: otherwise as the diagnosis ranked them
    uses: list[Use] = []
    # First round: what each finding names, with its numbers or the first choice; then what else the remedies say they
    # answer. The numbers of one seed do: those of the others are as good.
    numbers: dict[str, dict[str, float]] = {}
    for finding in findings:
        for name in finding.remedies:
            given = numbers.setdefault(name, finding.values.get(name, {}))
            for remedy in remedies.menu().values():
                uses += [_called(name, remedy.use(**(given or p))) for p in remedy.names.get(name, ())[:1]]
    for finding in findings:
        for remedy in remedies.menu().values():
            uses += [remedy.use(**parameters) for parameters in remedy.illnesses.get(finding.rule, ())]
    uses.sort(key=lambda use: use.remedy in LAST)
    fitted = [made for use in uses if (made := fit(use, untreated)) is not None]
    found: list[Treatment] = []
    for use in fitted:
        if (treatment := Treatment(uses=(use,))) not in found:
            found.append(treatment)
    return found


def next_rate(untreated: Result, tried: Sequence[tuple[float, Result]]) -> Treatment | None:
    """The factor of the learning rate to try after these, with the same seed: onwards, or back to between two of them.

    None where the rate is not what is wrong, or where there is nothing more to try. What leaves another illness, a
    plateau say, counts as too little of a change. Where one leaves no illness the search ends; but from a rate that was
    too low it goes on as long as the loss gets better: the first that is not called too low need not be one that learns
    well.
    """
    begins = _side(untreated)
    if not begins:
        return None
    well = [(_loss(result), factor) for factor, result in tried if result.status == "finished" and not result.illness]
    if well:
        best = min(well)[1]
        onwards = begins == "slow" and best == max(factor for factor, _ in tried) and best < FARTHEST
        return _rate(best * 10) if onwards else None
    sides = {1.0: begins} | {factor: _side(result) or begins for factor, result in tried}
    far = [f for f, side in sides.items() if side == "far"]
    slow = [f for f, side in sides.items() if side == "slow"]
    if far and slow:
        low, high = max(slow), min(far)
        factor = math.sqrt(low * high) if high > CLOSEST * low else None
    else:
        factor = max(slow) * 10 if slow else min(far) / 10
    if factor is None or not 1 / FARTHEST <= factor <= FARTHEST:
        return None
    return _rate(factor)


def _rate(factor: float) -> Treatment:
    return Treatment(uses=(remedies.get("learning-rate").use(factor=float(f"{factor:.1g}")),))


def _loss(result: Result) -> float:
    known = result.loss if result.eval_loss is None else result.eval_loss
    return math.inf if known is None else known


def _side(result: Result) -> str:
    if result.status != "finished" or result.illness & FAR:
        return "far"
    return "slow" if result.illness & SLOW else ""


def fit(use: Use, untreated: Sequence[Result]) -> Use | None:
    """The remedy for this network; None if there is nothing in it to act on."""
    reference = untreated[0]
    if use.remedy == "activation":
        given = {**remedies.get("activation").parameters, **use.parameters}
        old = [name for name in given["old"] if any(s.activation == name for s in reference.sites)]
        if not old or given["new"] in old:
            return None
        layers: list[str] = []
        bounded = {"sigmoid", "tanh"} & set(old)
        last = reference.sites[-1]
        if last.activation in bounded and not last.feeds:  # a probability, say, that the loss expects
            layers = sorted({s.layer for s in reference.sites if s.activation in old} - {last.layer})
            if not layers:
                return None
        return remedies.get("activation").use(**{**use.parameters, "old": tuple(old), "layers": tuple(layers)})
    return _initialised(use, reference) if use.remedy == "initialise" else use


def _called(name: str, use: Use) -> Use:
    """First weights by the gain of what follows have two names in findings; they are called as the finding has it."""
    return replace(use, name=name) if use.remedy == "initialise" else use


def _initialised(use: Use, reference: Result) -> Use:
    """Weights that are no module's are drawn for the activation that most of them feed."""
    bare = Counter(site.activation for site in reference.sites if site.bare)
    if not bare:
        return use
    made = remedies.get("initialise").use(**{**use.parameters, "activation": bare.most_common(1)[0][0]})
    return replace(made, name=use.name) if use.name in remedies.get("initialise").names else made


def _weights(exchange: Treatment, reference: Result) -> Treatment:
    """First weights that suit the activation of the exchange."""
    remedy = remedies.get("initialise")
    new = str(exchange.uses[0].parameters.get("new", remedies.get("activation").parameters["new"]))
    bare = any(site.bare for site in reference.sites)
    return Treatment(
        uses=(remedy.use(activation=new) if bare else replace(remedy.use(), name=remedy.use(activation=new).name),)
    )


def pairs(best: Sequence[Treatment], tried: Sequence[Treatment], untreated: Sequence[Result]) -> list[Treatment]:
    """Two different remedies together: another activation with the weights that suit it, and those that did best alone.

    An exchange alone keeps weights that were drawn for the old activation.
    """
    exchanges = [t for t in tried if [use.remedy for use in t.uses] == ["activation"]]
    return list(
        dict.fromkeys(
            Treatment(uses=tuple(sorted((*a.uses, *b.uses), key=lambda use: use.remedy)))  # one order: one treatment
            for a, b in [*((t, _weights(t, untreated[0])) for t in exchanges[:2]), *itertools.combinations(best, 2)]
            if not {u.remedy for u in a.uses} & {u.remedy for u in b.uses}
        )
    )


def control(untreated: Sequence[Result], tried: Sequence[Treatment], salt: str) -> Treatment:
    """A remedy drawn at random from the menu, of those that are not among the candidates where there are any.

    Learning rates alone and another optimizer are left out: the search may come to them itself. The draw depends on
    `salt` alone, so that the same treatment draws the same one again.
    """
    everything = [
        Treatment(uses=(made,))
        for remedy in remedies.menu().values()
        if remedy.name not in ("learning-rate", "optimizer")
        for parameters in itertools.chain(*remedy.names.values(), *remedy.illnesses.values())
        if (made := fit(remedy.use(**parameters), untreated)) is not None
    ]
    unique = list(dict.fromkeys(everything))
    return random.Random(salt).choice([t for t in unique if t not in tried] or unique)
