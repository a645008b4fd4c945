"""The seeded draw of settings: plain ones of every kind, and each illness provoked at four severities.

What is provoked is not what is true: many a provoked run learns all the same, and some plain ones do not. The truth is
measured.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from clinic.sweep.setting import Drawn, Setting

SEED = 6
#: Plain runs, those of each illness of PROVOKE at each severity, and those of PROVOKE_FURTHER; more of all are drawn
#: when all before them have been looked at.
PLAIN, EACH, FURTHER = (340, 60 + 240, 240, 240), (6, 3, 3, 3), (0, 0, 12, 3)
#: Numbers of the runs of half A, in the order of the design.
LOOKED_AT = Path(__file__).with_name("looked_at.txt")
SEVERITIES = (1, 2, 3, 4)

#: Learning rates that people use, per optimizer: drawn evenly in the logarithm.
USUAL = {
    "SGD": (0.05, 0.3), "momentum": (0.01, 0.05), "Adam": (1e-3, 1e-2), "AdamW": (1e-3, 1e-2),
    "RMSprop": (5e-4, 5e-3), "Adadelta": (0.5, 1.0), "Adagrad": (0.01, 0.05),
}  # fmt: skip
TABLES = ("digits", "wine", "breast_cancer", "iris", "diabetes", "friedman", "moons", "blobs")
#: Kinds that read the digits as an image or as a sequence.
OF_DIGITS = ("conv", "convbn", "rnn", "gru", "lstm", "transformer", "autoencoder")
OF_ANY = ("mlp", "batchnorm", "layernorm", "dropout", "residual", "prenorm")
#: relu as often as all others together: it is what this is about.
OTHERS = (
    "leaky_relu", "prelu", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "hardswish", "relu6", "tanh",
    "sigmoid", "softsign", "hardtanh", "squareplus", "smelu", "relu_squared", "threshold", "geglu", "swiglu",
)  # fmt: skip


def design() -> list[Drawn]:
    """Every setting, numbered."""
    found: list[Drawn] = []
    for number, (provoked, severity, make) in enumerate(_plan()):
        draw = random.Random(f"{SEED} {number}")
        setting = replace(make(draw), seed=number)
        found.append(Drawn(number=number, setting=setting, provoked=provoked, severity=severity))
    return found


def halves() -> tuple[frozenset[int], frozenset[int]]:
    """The numbers of half A, on which rules may be mended, and of half B, on which they are only reported.

    Whoever mends a rule by a run of B adds all of B that has been run to looked_at.txt, and so to A.
    """
    looked_at = frozenset(map(int, LOOKED_AT.read_text().split()))
    return looked_at, frozenset(d.number for d in design()) - looked_at


def _plan() -> Iterator[tuple[str | None, int, Callable[[random.Random], Setting]]]:
    for plain, each, further in zip(PLAIN, EACH, FURTHER, strict=True):
        for _ in range(plain):
            yield None, 0, _plain
        for ways, count in ((PROVOKE, each), (PROVOKE_FURTHER, further)):
            for illness, provoke in ways.items():
                for severity in SEVERITIES:
                    for _ in range(count):
                        yield illness, severity, lambda draw, p=provoke, s=severity: p(draw, s)  # type: ignore[misc]


def _between(draw: random.Random, low: float, high: float) -> float:
    return float(f"{math.exp(draw.uniform(math.log(low), math.log(high))):.3g}")


def _optimizer(draw: random.Random, *names: str) -> dict[str, Any]:
    name = draw.choice(names or tuple(USUAL))
    return {"optimizer": name, "rate": _between(draw, *USUAL[name])}


def _network(draw: random.Random, *kinds: str) -> dict[str, Any]:
    """A task, and a network that suits it."""
    kind = draw.choice(kinds or (*OF_ANY, *OF_ANY, "mlp", "mlp", *OF_DIGITS))
    task = "digits-again" if kind == "autoencoder" else "digits" if kind in OF_DIGITS else draw.choice(TABLES)
    depth = {
        "transformer": (1, 2),
        "conv": (1, 2, 3),
        "convbn": (1, 2, 3),
        "autoencoder": (1, 2, 3),
        "residual": (1, 2, 3),
        "prenorm": (1, 2, 3),
    }.get(kind, (1, 2, 3, 4))
    width = {"conv": (8, 16), "convbn": (8, 16), "transformer": (32,), "autoencoder": (64, 128)}.get(
        kind, (32, 64, 128)
    )
    return {"kind": kind, "task": task, "depth": draw.choice(depth), "width": draw.choice(width)}


def _plain(draw: random.Random) -> Setting:
    """As people train: usual rates, now and then with something that looks ill and is not."""
    s = Setting(
        **_network(draw),
        **_optimizer(draw),
        activation="relu" if draw.random() < 0.5 else draw.choice(OTHERS),
        init=draw.choice(("default", "default", "he", "glorot")),
        batch=draw.choice((8, 16, 32, 64, 128)),
        steps=draw.choice((300, 400, 600)),
        loss=draw.choice(("usual", "usual", "usual", "smooth", "nll", "huber")),
        schedule=draw.choice(("constant", "constant", "warm-up", "cosine", "steps")),
        evaluates=draw.choice((0, 0, 15, 30)),
    )
    return _unusual(draw, s)


def _unusual(draw: random.Random, s: Setting) -> Setting:
    """One run in two has a habit that tempts false alarms."""
    habit = draw.choice(
        ("decay", "clip", "sum", "frozen", "zero-branch", "accumulate", "long", "scale", "", "", "", "")
    )
    if habit == "decay":
        return replace(s, decay=draw.choice((1e-4, 1e-3, 1e-2 if s.optimizer == "AdamW" else 1e-3)))
    if habit == "clip":
        return replace(s, clip=draw.choice((0.1, 1.0, 5.0)))
    if habit == "sum" and s.optimizer in ("SGD", "momentum") and s.kind != "autoencoder":
        return replace(s, loss="sum", rate=s.rate / s.batch)
    if habit == "frozen" and s.kind in ("mlp", "conv", "prenorm") and s.depth > 1:
        return replace(s, frozen=1)
    if habit == "zero-branch" and s.kind in ("residual", "prenorm", "transformer"):
        return replace(s, init="zero-branch")
    if habit == "accumulate":
        return replace(s, accumulate=2)
    if habit == "long":
        return replace(s, steps=1500 if s.kind in OF_ANY else 800)
    if habit == "scale":
        return replace(s, scale=draw.choice((0.5, 2.0, 4.0)))
    return s


def _usual(draw: random.Random, *kinds: str, optimizers: tuple[str, ...] = (), **more: Any) -> Setting:
    """What an illness is provoked in: everything plain."""
    return Setting(
        **(
            _network(draw, *kinds)
            | _optimizer(draw, *optimizers)
            | {"batch": draw.choice((16, 32, 64)), "steps": 300}
            | more
        )
    )


def _dying(draw: random.Random, severity: int) -> Setting:
    """A single batch of outliers, or a rate too high with momentum: deaths in the course of training."""
    s = _usual(draw, "mlp", "conv", "dropout", optimizers=("SGD", "momentum"), depth=draw.choice((2, 3)),
               activation=draw.choice(("relu", "relu", "relu6")))  # fmt: skip
    return replace(s, outlier=(3.0, 10.0, 100.0, 1000.0)[severity - 1])


def _born(draw: random.Random, severity: int) -> Setting:
    s = _usual(draw, "mlp", "conv", "dropout", activation=draw.choice(("relu", "relu", "threshold")))
    return replace(s, bias=(-0.3, -1.0, -3.0, -10.0)[severity - 1])


def _vanishing(draw: random.Random, severity: int) -> Setting:
    depth = (3, 5, 8, 12)[severity - 1]
    return _usual(draw, "mlp", depth=depth, width=draw.choice((32, 64)), activation=draw.choice(("sigmoid", "tanh")),
                  init=draw.choice(("default", "glorot")))  # fmt: skip


def _exploding(draw: random.Random, severity: int) -> Setting:
    s = _usual(draw, "mlp", "mlp", "rnn", "residual", depth=draw.choice((4, 6, 8)), width=64,
               optimizers=("SGD", "momentum"), init="he")  # fmt: skip
    return replace(s, gain=(1.5, 2.5, 4.0, 8.0)[severity - 1])


def _rate_high(draw: random.Random, severity: int) -> Setting:
    s = _usual(draw, activation="relu" if draw.random() < 0.6 else draw.choice(OTHERS))
    return replace(s, rate=s.rate * (5, 20, 100, 500)[severity - 1])


def _rate_low(draw: random.Random, severity: int) -> Setting:
    s = _usual(draw, activation="relu" if draw.random() < 0.6 else draw.choice(OTHERS))
    return replace(s, rate=s.rate / (10, 100, 1000, 10000)[severity - 1])


def _non_finite(draw: random.Random, severity: int) -> Setting:
    s = _usual(draw)
    if draw.random() < 0.5:
        return replace(s, missing=(1, 3, 10, 30)[severity - 1])
    if draw.random() < 0.5:
        return replace(s, task="blobs", kind="mlp", loss="log", scale=(3.0, 10.0, 30.0, 100.0)[severity - 1])
    return replace(s, task="friedman", kind="mlp", loss="root", rate=s.rate * (3, 10, 30, 100)[severity - 1])


def _initialization(draw: random.Random, severity: int) -> Setting:
    way = draw.choice(("small", "large", "same", "head"))
    s = _usual(draw, "mlp", activation=draw.choice(("relu", "relu", "elu", "tanh", "gelu")))
    if way == "same":
        return replace(s, init="same", depth=severity)
    if way == "head":
        return replace(s, head=(10.0, 30.0, 100.0, 1000.0)[severity - 1])
    gain = (0.5, 0.3, 0.1, 0.03) if way == "small" else (2.0, 4.0, 8.0, 16.0)
    return replace(s, init="he", gain=gain[severity - 1], depth=draw.choice((5, 7, 9)), width=64)


def _saturated(draw: random.Random, severity: int) -> Setting:
    s = _usual(draw, "mlp", "dropout", "rnn", activation=draw.choice(("tanh", "sigmoid", "softsign", "hardtanh")))
    level = (3.0, 10.0, 30.0, 100.0)[severity - 1]
    return replace(s, scale=level) if draw.random() < 0.5 else replace(s, gain=level)


def _plateau(draw: random.Random, severity: int) -> Setting:
    """Inputs and targets that do not belong together, drawn anew for each batch, so that nothing can be learned."""
    return replace(_usual(draw), apart=(0.5, 0.8, 0.95, 1.0)[severity - 1])


def _overfitting(draw: random.Random, severity: int) -> Setting:
    task = draw.choice(("digits", "breast_cancer", "blobs", "diabetes"))
    s = _usual(draw, "mlp", "batchnorm", "residual", optimizers=("Adam", "AdamW", "momentum"), task=task, width=128)
    steps = draw.choice((600, 1000))
    noise = 0.0 if task == "diabetes" else (0.0, 0.1, 0.2, 0.4)[severity - 1]
    return replace(s, size=(300, 200, 120, 80)[severity - 1], noise=noise, steps=steps, evaluates=steps // 40)


def _no_gradient(draw: random.Random, severity: int) -> Setting:
    s = _usual(draw, "mlp", "conv", "batchnorm", "dropout", depth=draw.choice((2, 3, 4)))
    return replace(s, forgotten=("first", "half", "all-but-head", "detach")[severity - 1], width=min(s.width, 32))


def _held(draw: random.Random, severity: int) -> Setting:
    """Frozen at random first weights and in the optimizer: few frozen layers that are wide do no harm."""
    kinds = ("mlp", "conv", "batchnorm", "dropout", "layernorm", "prenorm", "rnn")
    s = _usual(draw, *kinds, steps=draw.choice((300, 600)), evaluates=draw.choice((0, 30)))
    which = ("frozen-first", "frozen-half", "frozen-all-but-head", "frozen-all-but-head")[severity - 1]
    return replace(s, forgotten=which, width=(s.width, 32, 16, 4)[severity - 1])


def _hot(draw: random.Random, severity: int) -> Setting:
    """Long enough for a network to begin anew after the first updates have replaced its weights."""
    s = _usual(draw, "gru", "lstm", "rnn", "transformer", "mlp", "layernorm",
               optimizers=("Adam", "AdamW", "RMSprop", "Adagrad"), steps=draw.choice((400, 800)))  # fmt: skip
    return replace(s, rate=s.rate * (10, 30, 100, 300)[severity - 1])


PROVOKE: dict[str, Callable[[random.Random, int], Setting]] = {
    "dying-relu": _dying,
    "born-dead-relu": _born,
    "vanishing-gradient": _vanishing,
    "exploding-gradient": _exploding,
    "learning-rate-too-high": _rate_high,
    "learning-rate-too-low": _rate_low,
    "non-finite": _non_finite,
    "poor-initialization": _initialization,
    "saturated-activation": _saturated,
    "loss-plateau": _plateau,
    "overfitting": _overfitting,
    "no-gradient": _no_gradient,
}
PROVOKE_FURTHER: dict[str, Callable[[random.Random, int], Setting]] = {
    "no-gradient": _held,
    "learning-rate-too-high": _hot,
}
