"""What a label claims, held against what was measured. Every check answers with the sentence that is not true."""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

from clinic.cases import Case

Measured = dict[str, Any]
#: From this share of a layer on it counts as dead, or saturated. Chosen by us: a layer with a tenth of its units left
#: still learns, see the first comment in src/rectifier/diagnose/rules/_units.py.
DEAD, SATURATED = 0.9, 0.5


def number(value: Any) -> float:
    """Measured numbers as floats: what is not finite is kept as text, what is missing is NaN."""
    return math.nan if value is None else float(value)


def unmet(case: Case, sick: Measured, cured: Measured | None) -> list[str]:
    """Every claim of the label that the measurement does not bear out. Empty: the label is true."""
    if case.illness is None:
        return list(_healthy(case, sick))
    assert cured is not None
    return [*_cured(case, sick, cured), *ILLNESS[case.illness](case, sick, cured)]


def _healthy(case: Case, run: Measured) -> Iterator[str]:
    if run.get("error"):
        yield f"it fails: {run['error'].splitlines()[-1]}"
        return
    score = number(run["end"]["score"])
    if not score >= case.truth.learned:
        yield f"it scores {score}, not {case.truth.learned}"
    if case.truth.learned <= case.truth.trivial:
        yield f"learned is {case.truth.learned}, which is no better than the trivial {case.truth.trivial}"
    if not run["end"]["finite"]:
        yield "a parameter is not finite"
    if case.good and not run["end"].get("zeros", 0) > 0.5:
        yield f"only {run['end'].get('zeros', 0):.0%} of the rectified outputs are zeros"


def _cured(case: Case, sick: Measured, cured: Measured) -> Iterator[str]:
    if cured.get("error"):
        yield f"the cured script fails: {cured['error'].splitlines()[-1]}"
        return
    if "end" not in sick:
        yield f"it cannot be measured: {sick['error']}"
        return
    before, after = number(sick["end"]["score"]), number(cured["end"]["score"])
    if not after >= case.truth.learned:
        yield f"the cured script scores {after}, not {case.truth.learned}"
    if before >= case.truth.learned:
        yield f"it scores {before}, and that is learned"
    if before >= after - 0.25 * (after - case.truth.trivial):
        yield f"the cure brings the score from {before} to {after} only, where the trivial one is {case.truth.trivial}"


def _dead(case: Case, run: Measured, when: str) -> dict[str, float]:
    dead = run[when].get("dead", {})
    return {layer: dead.get(layer, 0.0) for layer in case.layers}


def _placed(case: Case) -> Iterator[str]:
    if not case.layers:
        yield "the label names no layer"


def _dying(case: Case, sick: Measured, cured: Measured) -> Iterator[str]:
    yield from _placed(case)
    for layer, share in _dead(case, sick, "end").items():
        if share < DEAD:
            yield f"{layer}: {share:.0%} of the units are dead at the end"
    if all(share >= DEAD for share in _dead(case, sick, "start").values()):
        yield "every layer it names is dead before the first update"
    for layer, share in _dead(case, cured, "end").items():
        if share >= DEAD:
            yield f"{layer} of the cured script: {share:.0%} of the units are dead at the end"
    others = {n for n, s in sick["end"].get("dead", {}).items() if s >= DEAD} - case.layers
    if others:
        yield f"{', '.join(sorted(others))} is dead too, and not in the label"


def _born_dead(case: Case, sick: Measured, cured: Measured) -> Iterator[str]:
    yield from _placed(case)
    for when in ("start", "end"):
        for layer, share in _dead(case, sick, when).items():
            if share < DEAD:
                yield f"{layer}: {share:.0%} of the units are dead at the {when}"
    for layer, share in _dead(case, cured, "start").items():
        if share >= DEAD:
            yield f"{layer} of the cured script: {share:.0%} of the units are dead at the start"


def _ratio(values: dict[str, Any]) -> float:
    """First over last: of the gradient per weight, or of the spread over samples."""
    numbers = [number(v) for v in values.values()]
    return numbers[0] / max(numbers[-1], 1e-300) if len(numbers) > 1 else math.nan


def _vanishing(case: Case, sick: Measured, cured: Measured) -> Iterator[str]:
    was = _ratio(sick["start"].get("gradient", {})), _ratio(sick["end"].get("gradient", {}))
    if not min(was) < 1e-3:
        yield f"gradient per weight, first layer over last: {was[0]:.2g} at the start, {was[1]:.2g} at the end"
    now = _ratio(cured["start"].get("gradient", {}))
    if not now > 10 * min(was):
        yield f"gradient per weight of the cured script, first layer over last: {now:.2g}"


def _exploding(case: Case, sick: Measured, cured: Measured) -> Iterator[str]:
    g, h = sick["gradient_norm"], cured["gradient_norm"]
    grew = number(g["largest"]) / max(number(g["first"]), 1e-12)
    if not (grew > 100 or number(g["largest"]) > 100 * number(h["largest"]) or g["not_finite"]):
        yield f"gradient norm {g['first']} at first, {g['largest']} at most, {h['largest']} in the cured script"


def _finite_loss(run: Measured) -> bool:
    return run["end"]["loss"] is None or math.isfinite(number(run["end"]["loss"]))


def _non_finite(case: Case, sick: Measured, cured: Measured) -> Iterator[str]:
    if sick["end"]["finite"] and _finite_loss(sick) and not sick["gradient_norm"]["not_finite"]:
        yield "parameters, loss and gradients are finite"
    if not cured["end"]["finite"]:
        yield "the cured script is not finite"


def _rate_only(case: Case) -> Iterator[str]:
    words = ("lr", "LR", "rate", "schedul", "warm", "eta", "alpha", "gamma")
    if not any(word in old + new for old, new in case.cure for word in words):
        yield "the cure does not change the learning rate"


def _losses(run: Measured) -> list[float]:
    return [number(loss) for _, loss, _ in run["history"] if loss is not None]


def _rate_high(case: Case, sick: Measured, cured: Measured) -> Iterator[str]:
    yield from _rate_only(case)
    losses, calm = _losses(sick), _losses(cured)
    if losses and not (max(losses) > 1.05 * losses[0] or not all(map(math.isfinite, losses))):
        rises = sum(b > 1.1 * a for a, b in itertools.pairwise(losses))
        if rises < 3:
            yield f"the loss over the whole training set is never over its start and rises {rises} times"
    if losses and losses[-1] < 1.5 * calm[-1]:
        yield f"the loss ends at {losses[-1]}, and at {calm[-1]} in the cured script"


def _rate_low(case: Case, sick: Measured, cured: Measured) -> Iterator[str]:
    yield from _rate_only(case)
    losses = _losses(sick)
    if not losses[-1] < losses[0]:
        yield f"the loss does not fall: {losses[0]} at first, {losses[-1]} at last"
    moved = sorted(number(v) for v in sick["moved"].values())
    if not moved[len(moved) // 2] < 0.1:
        yield f"the median parameter moved by {moved[len(moved) // 2]:.2g} of its size"


def _initialization(case: Case, sick: Measured, cured: Measured) -> Iterator[str]:
    spread = [number(v) for v in sick["start"].get("spread", {}).values()]
    ratio = spread[-1] / max(spread[0], 1e-300) if spread else math.nan
    before, after = number(sick["start"]["loss"]), number(cured["start"]["loss"])
    off = not 1e-3 < ratio < 1e3 or before > 10 * after or sick["start"]["same_units"] or not math.isfinite(before)
    if not off:
        yield f"the spread's last layer over first is {ratio:.2g}, the first loss {before}, {after} in the cured script"


def _saturated(case: Case, sick: Measured, cured: Measured) -> Iterator[str]:
    yield from _placed(case)
    for layer in case.layers:
        share, after = (number(run["end"].get("saturated", {}).get(layer, 0)) for run in (sick, cured))
        if share < SATURATED:
            yield f"{layer}: {share:.0%} of the units are saturated at the end"
        if after >= SATURATED:
            yield f"{layer} of the cured script: {after:.0%} of the units are saturated at the end"


def _plateau(case: Case, sick: Measured, cured: Measured) -> Iterator[str]:
    losses = _losses(sick)
    late = [loss for step, loss, _ in sick["history"] if step >= sick["backward_calls"] / 2 and loss is not None]
    change = abs(number(late[0]) - number(late[-1])) / max(abs(losses[0]), 1e-12)
    if not change < 0.02:
        yield f"the loss still changes by {change:.1%} of its first value over the second half"
    if not _losses(cured)[-1] < 0.9 * losses[-1]:
        yield f"the loss ends at {losses[-1]}, and at {_losses(cured)[-1]} in the cured script"


def _overfitting(case: Case, sick: Measured, cured: Measured) -> Iterator[str]:
    held = [number(h) for _, _, h in sick["history"]]
    losses = _losses(sick)
    if not held[-1] > 1.2 * min(held):
        yield f"the loss on what it is not trained on ends at {held[-1]}; its best is {min(held)}"
    if not losses[-1] < 0.5 * losses[0]:
        yield f"the training loss goes from {losses[0]} to {losses[-1]} only"


def _no_gradient(case: Case, sick: Measured, cured: Measured) -> Iterator[str]:
    if not case.still:
        yield "the label does not say what stands still"
    for layer in case.still:
        for run, moves in ((sick, False), (cured, True)):
            moved = [number(v) for n, v in run["moved"].items() if n == layer or n.startswith(layer + ".")]
            if not moved or any((m > 0) is not moves for m in moved):
                yield f"{layer} of the {'cured' if moves else 'sick'} script moved by {moved}"


ILLNESS: dict[str, Callable[[Case, Measured, Measured], Iterator[str]]] = {
    "dying-relu": _dying,
    "born-dead-relu": _born_dead,
    "vanishing-gradient": _vanishing,
    "exploding-gradient": _exploding,
    "non-finite": _non_finite,
    "learning-rate-too-high": _rate_high,
    "learning-rate-too-low": _rate_low,
    "poor-initialization": _initialization,
    "saturated-activation": _saturated,
    "loss-plateau": _plateau,
    "overfitting": _overfitting,
    "no-gradient": _no_gradient,
}
