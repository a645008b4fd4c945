"""Which treatments the findings of the untreated runs call for, the most promising first."""

import itertools
import random
from collections.abc import Sequence

from rectifier.treat import remedies
from rectifier.treat.trial import Result, Treatment, Use

#: Remedies that findings recommend and that cannot be tried on a script from outside, and why.
NOT_TRIED = {
    "normalize": "which layers to normalise is a change of the network's definition",
    "residual": "which layers to connect is a change of the network's definition",
    "stable-log": "the formula of the loss is the script's own",
    "epsilon": "the formula is the script's own",
    "clamp": "the formula is the script's own",
    "check-data": "what the data should be, only its owner knows",
    "more-data": "there is none to add",
    "add-to-optimizer": "which parameters are to be trained, only their owner knows",
    "register": "where a layer is kept is the script's own",
    "connect": "what is to reach the loss is the script's own",
    "step": "where a step belongs is the script's own",
    "other-seed": "it is not a remedy: the seeds of this treatment are others already",
}


def candidates(untreated: Sequence[Result]) -> list[Treatment]:
    """Single remedies, in the order in which the rules name them, causes before what follows from them."""
    findings = [f for result in untreated for f in result.findings]
    findings.sort(key=lambda f: f.caused_by is not None)  # stable: otherwise as the diagnosis ranked them
    uses: list[Use] = []
    # First round: what each finding names, its first choice; then what else the remedies say they answer.
    for finding in findings:
        for name in finding.remedies:
            for remedy in remedies.menu().values():
                uses += [remedy.use(**parameters) for parameters in remedy.names.get(name, ())[:1]]
    for finding in findings:
        for remedy in remedies.menu().values():
            uses += [remedy.use(**parameters) for parameters in remedy.illnesses.get(finding.rule, ())]
    fitted = [made for use in uses if (made := fit(use, untreated)) is not None]
    found: list[Treatment] = []
    for use in fitted:
        if (treatment := Treatment(uses=(use,))) not in found:
            found.append(treatment)
    return found


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
        if bounded and len(reference.sites) > 1 and reference.sites[-1].activation in bounded:
            last = reference.sites[-1]  # the output's: a probability, say, that the loss expects
            layers = sorted({s.layer for s in reference.sites if s.activation in old and s.layer != last.layer})
            if not layers:
                return None
        parameters: dict[str, object] = {"new": given["new"]}
        if old != ["relu"]:
            parameters["old"] = tuple(old)
        if layers:
            parameters["layers"] = tuple(layers)
        return Use(remedy=use.remedy, parameters=parameters)
    return use


def pairs(best: Sequence[Treatment]) -> list[Treatment]:
    """Two different remedies together, for those that did best alone."""
    return [
        Treatment(uses=(*a.uses, *b.uses))
        for a, b in itertools.combinations(best, 2)
        if not {u.remedy for u in a.uses} & {u.remedy for u in b.uses}
    ]


def control(untreated: Sequence[Result], tried: Sequence[Treatment], salt: str) -> Treatment:
    """A remedy drawn at random from the whole menu, of those that are not among the candidates where there are any.

    The draw depends on `salt` alone, so that the same treatment draws the same one again.
    """
    everything = [
        Treatment(uses=(made,))
        for remedy in remedies.menu().values()
        for parameters in itertools.chain(*remedy.names.values(), *remedy.illnesses.values())
        if (made := fit(remedy.use(**parameters), untreated)) is not None
    ]
    unique = list(dict.fromkeys(everything))
    return random.Random(salt).choice([t for t in unique if t not in tried] or unique)
