"""Runs beside a run, never watched: what the same network reaches at plain good settings, at other rates, or
initialised well. Each is run once and its figures are kept.
"""

import json
import math
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

from clinic.sweep.measure import measure
from clinic.sweep.nets import BOUNDED
from clinic.sweep.setting import Setting
from clinic.sweep.train import train

Figures = dict[str, Any]
#: Rates of Adam that are tried at plain good settings.
GOOD_RATES = (5e-3, 1e-3)
#: By what the learning rate is multiplied to see whether it is at fault.
LOWER, HIGHER = (0.2, 0.02, 0.002), (10.0, 100.0, 1000.0)
#: Where the median parameter has moved by so little of its size, no lower rate is tried; where it has moved so far, or
#: is no number, no higher one.
HARDLY, FAR = 0.01, 1.0


def figures(s: Setting, kept: Path) -> Figures:
    """Run a setting, or read what was measured of it: score, losses, gradient norms."""
    file = kept / f"{s.key()}.json"
    if not file.exists():
        measured = measure(s, train(s, along=False))
        short = {key: measured[key] for key in ("norm", "finite")} | {
            "score": measured["course"][-1][1],
            "loss": measured["course"][-1][2],
            "start": {key: measured["start"][key] for key in ("loss", "gradient")},
            "saturated": measured["end"]["saturated"],
        }
        kept.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(short))
    found: Figures = json.loads(file.read_text())
    return found


def plain(s: Setting, rate: float) -> Setting:
    """The same network on the same data, nothing wrong: Adam, torch's initialisation, or He's where it is deep; ReLU in
    place of what is bounded where it is deep."""
    deep = s.depth > 3
    return replace(
        well_initialised(s), activation="relu" if deep and s.activation in BOUNDED else s.activation,
        init="he" if deep and s.kind == "mlp" else "default", optimizer="Adam", rate=rate, schedule="constant",
        decay=0.0, clip=0.0, accumulate=1, loss="usual", apart=0.0, outlier=1.0, missing=0, forgotten="none",
        evaluates=0,
    )  # fmt: skip


def well_initialised(s: Setting) -> Setting:
    """The same run with weights and inputs of usual size."""
    init = "glorot" if s.activation in BOUNDED else "he" if s.kind == "mlp" else "default"
    return replace(s, init=init, gain=1.0, head=1.0, bias=0.0, scale=1.0, evaluates=0)


def at_rate(s: Setting, factor: float) -> Setting:
    """The same run at another learning rate."""
    return replace(s, rate=s.rate * factor, evaluates=0)


def beside(s: Setting, run: Figures, score: float, trivial: float, enough: float, kept: Path) -> Figures:
    """What has to be known to judge a run that scored so: nothing if it learned all there is, else what the same
    network could reach; and if it reached much less, whether another rate or other first weights bring it there."""
    if relative(score, trivial, enough) >= LEARNED:
        return {}
    found: Figures = {"plain": _first_to_learn([plain(s, rate) for rate in GOOD_RATES], trivial, enough, kept)}
    best = min(enough, float(found["plain"]["score"]))
    if best - trivial < LEAST * (enough - trivial) or relative(score, trivial, best) >= HARMED:
        return found
    moved = statistics.median(float(v) for v in run["moved"].values())
    ways = []
    if not s.missing and s.apart < 1:  # no rate makes numbers of what is none, or sense of targets drawn at random
        ways += [("lower", LOWER)] if not moved < HARDLY else []
        ways += [("higher", HIGHER)] if run["finite"] and moved < FAR else []
    for way, factors in ways:
        found[way] = _first_to_learn([at_rate(s, factor) for factor in factors], trivial, best, kept)
        if relative(float(found[way]["score"]), trivial, best) >= LEARNED:
            break
    if s.forgotten.startswith("frozen-"):
        found["thawed"] = figures(replace(s, forgotten="none", evaluates=0), kept)
    if s.depth > 3 or (s.gain, s.head, s.bias, s.scale) != (1, 1, 0, 1) or s.init == "same":
        found["initialised"] = figures(well_initialised(s), kept)
    return found


def _first_to_learn(settings: list[Setting], trivial: float, best: float, kept: Path) -> Figures:
    """The first that learns, or the one that scores best if none does."""
    tried: list[Figures] = []
    for s in settings:
        tried.append(figures(s, kept))
        if relative(float(tried[-1]["score"]), trivial, best) >= LEARNED:
            return tried[-1]
    return max(tried, key=lambda f: float(f["score"]))


#: Of the way from the trivial score to what the same network reaches: from here on a run has learned, and below there
#: it is harmed, as in the clinic, where a cure must close a quarter of the way. Between them nothing is decided.
LEARNED, HARMED = 0.9, 0.75
#: A network that reaches less than this at plain good settings is no measure of anything.
LEAST = 0.5


def relative(score: float, trivial: float, best: float) -> float:
    """How much of the way from the trivial score to the best one."""
    return (score - trivial) / (best - trivial) if best > trivial and math.isfinite(score) else 0.0
