"""What the rules on the course of the loss share: blocks of steps, trends, and how far training has come."""

import math

import numpy as np

from rectifier.diagnose.evidence import Evidence, Floats

#: The run is cut into so many blocks, whose means carry little of the noise of single batches.
BLOCKS = 20
#: With fewer losses than this there is no course. Chosen by us: two and a half per block.
FEWEST = 50

#: Growth over the median so far. Chosen by us: ten times the spike that TheDeepChecker and ZClip tolerate.
RISE = 100.0


def blocks(losses: Floats, count: int = BLOCKS) -> Floats:
    """Means over consecutive parts of equal length."""
    return np.array([float(part.mean()) for part in np.array_split(losses, min(count, len(losses)))])


def falls(values: Floats) -> float:
    """One-sided p-value of "there is no downward trend" (Mann 1945, Kendall 1975; normal approximation)."""
    n = len(values)
    if n < 4:
        return 1.0
    s = float(sum(np.sign(values[i + 1 :] - values[i]).sum() for i in range(n - 1)))
    deviation = math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    z = (s + (1 if s < 0 else -1 if s > 0 else 0)) / deviation
    return 0.5 * math.erfc(-z / math.sqrt(2))


def rises(values: Floats) -> float:
    """One-sided p-value of "there is no upward trend"."""
    return falls(-values)


def got_over(losses: Floats) -> bool:
    """Whether the highest peak was left behind: the loss ends below where it stood before. A peak within the first
    tenth of the run has no before, nor has one that the loss has climbed since the start."""
    width = max(5, len(losses) // 10)
    peak = int(np.argmax(losses))
    if peak < width:
        return False
    before = float(losses[peak - width : peak].mean())
    return before <= float(losses[0]) and float(losses[-width:].mean()) < before


def solved(evidence: Evidence) -> float | None:
    """How far training has come: the better of how far the loss has fallen from where it began, and of how much of the
    trivial loss is gone. None if neither is known."""
    known = [v for v in (evidence.progress, evidence.skill) if v is not None]
    return max(known) if known else None


def update_ratios(evidence: Evidence) -> Floats:
    """(step, median over weight matrices of the update ratio) per look, of those that got a gradient."""
    by_step: dict[int, list[float]] = {}
    for p in evidence.parameters:
        if p.is_matrix:
            for step, ratio, gradient in zip(p.steps, p.update, p.gradient, strict=True):
                if math.isfinite(ratio) and not math.isnan(gradient):
                    by_step.setdefault(int(step), []).append(float(ratio))
    return np.array([(step, float(np.median(r))) for step, r in sorted(by_step.items())]).reshape(-1, 2)


def path(evidence: Evidence) -> float:
    """All updates laid end to end, over the size of the weights: each step has the ratio of the looks around it, for
    the learning rate that it had. `update_ratios` must not be empty."""
    steps, ratios = update_ratios(evidence).T
    known = sorted((s.step, s.rate) for s in evidence.steps if s.rate is not None)
    every, rates = np.array(known).reshape(-1, 2).T
    rate = np.interp(steps, every, rates) if known else np.zeros(len(steps))
    moving = rate > 0
    if not moving.any():
        return float(np.median(ratios)) * evidence.step_count
    each = np.interp(every, steps[moving], ratios[moving] / rate[moving]) * rates
    return float(np.mean(each)) * evidence.step_count  # of long runs not every step is kept


def gradient_norms(evidence: Evidence) -> dict[int, float]:
    """Norm of all gradients together, per look, in the order of the steps."""
    squares: dict[int, float] = {}
    for p in evidence.parameters:
        for step, gradient in zip(p.steps, p.gradient, strict=True):
            if math.isfinite(gradient):
                squares[int(step)] = squares.get(int(step), 0.0) + float(gradient) ** 2
    return {step: math.sqrt(squares[step]) for step in sorted(squares)}
